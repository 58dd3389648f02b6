"""Feature: whatsapp-messaging-fix, Property 14: Typing Indicator Optimization

However many people type at once, and however fast: a socket gets at most one frame about its room
in 200 ms, which names all of them, the stream at most one update about each in 200 ms, and a reader
that is too slow is spared all but the last.
"""

import asyncio
import itertools

from hypothesis import given, settings, strategies as st

from services.chat.domain.typing import REPEAT_AFTER_S
from services.chat.hub.typing import TELL_EVERY_S
from tests.properties.quick_time import QuickLoop
from tests.properties.typing_play import Process, Stream

TURN_S = 0.001
PACE = st.floats(0.005, 0.5)


async def crowd(paces, lasts_s, *, slow=False):
    """Let people type at their paces for a while, and then stop; return a watcher and the stream."""
    stream = Stream(0.01)
    typists = [f"typist {number}" for number in range(len(paces))]
    here, there = Process(stream, typists), Process(stream, ["watcher"])
    stream.processes = [here, there]
    watcher = there.sights["watcher"]
    watcher.is_slow = slow

    async def press(person, pace_s):
        until_s = asyncio.get_running_loop().time() + lasts_s
        while asyncio.get_running_loop().time() < until_s:
            here.press(person)
            await asyncio.sleep(pace_s)

    await asyncio.gather(*map(press, typists, paces))
    during = list(watcher.seen)
    watcher.is_slow = False
    await asyncio.sleep(5.0)
    for process in stream.processes:
        await process.stop()
    return watcher, during, stream


def gaps(times):
    return [later - earlier for earlier, later in itertools.pairwise(times)]


@settings(max_examples=150, deadline=None)
@given(paces=st.lists(PACE, min_size=2, max_size=20), lasts_s=st.floats(0.1, 3.0))
def test_many_typists_are_few_frames(paces, lasts_s):
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        watcher, during, stream = runner.run(crowd(paces, lasts_s))

    assert all(gap >= TELL_EVERY_S - TURN_S for gap in gaps([at for at, _ in watcher.seen]))
    assert len(during) <= 2 + (lasts_s + max(paces)) / TELL_EVERY_S
    assert max(len(users) for _, users in watcher.seen) == len(paces)
    assert watcher.now == []
    for told in stream.told.values():
        updates = [at for at, is_typing in told if is_typing]
        assert all(gap >= REPEAT_AFTER_S - TURN_S for gap in gaps(updates))


@settings(max_examples=100, deadline=None)
@given(paces=st.lists(PACE, min_size=1, max_size=8), lasts_s=st.floats(0.5, 3.0))
def test_a_slow_reader_is_spared_and_ends_with_the_truth(paces, lasts_s):
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        watcher, during, _ = runner.run(crowd(paces, lasts_s, slow=True))

    assert during == []
    assert watcher.now == []
    assert len(watcher.seen) <= len(paces) + 2
