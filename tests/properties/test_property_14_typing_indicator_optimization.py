"""Feature: whatsapp-messaging-fix, Property 14: Typing Indicator Optimization

However many people type at once, and however fast: a socket gets at most one frame about its room
in 200 ms, which names all of them, the stream at most one update about each in 200 ms, and a reader
that is too slow is spared all but the last.
"""

import asyncio
import itertools
import time
from collections import Counter

import pytest
from hypothesis import given, settings, strategies as st
from redis.asyncio import Redis

from libs.common.events import TypingChanged
from libs.common.streams.entries import read_entries, unpack
from libs.common.streams.names import stream_key
from services.chat.domain.typing import REPEAT_AFTER_S
from services.chat.hub.typing import TELL_EVERY_S
from services.chat.store import CHAT_TYPING
from tests.integration.chat.world import WITHIN_S
from tests.properties.at_once import EXAMPLES, held_open, play_at_once
from tests.properties.many import many_people, many_rooms
from tests.properties.quick_time import QuickLoop
from tests.properties.typing_play import Process, Stream
from tests.properties.typing_rooms import TypingRoom
from tests.properties.watchers import watching

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
    """Feature: whatsapp-messaging-fix, Property 14: Typing Indicator Optimization"""
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
    """Feature: whatsapp-messaging-fix, Property 14: Typing Indicator Optimization"""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        watcher, during, _ = runner.run(crowd(paces, lasts_s, slow=True))

    assert during == []
    assert watcher.now == []
    assert len(watcher.seen) <= len(paces) + 2


# -- the real suite ---------------------------------------------------------------------------

TYPISTS = 8
LOOK_S = 0.02

crowds = st.lists(st.sampled_from((0.02, 0.05, 0.1, 0.3)), min_size=2, max_size=TYPISTS)
"""The paces of people who type in one room at the same time, in seconds from key to key."""


class News:
    """What the processes told each other of typists: how often, by room and person."""

    def __init__(self, redis_url):
        self.updates: Counter[tuple[str, str]] = Counter()
        self._redis_url = redis_url

    async def read_along(self):
        # Patient: everybody else here is busy at the same time.
        redis = Redis.from_url(
            self._redis_url, socket_timeout=WITHIN_S, socket_connect_timeout=WITHIN_S
        )
        cursor = "0-0"
        try:
            while True:
                reply = await redis.xrange(stream_key(CHAT_TYPING), min=f"({cursor}")
                for entry in map(unpack, read_entries(reply)):
                    cursor = str(entry.id)
                    for event in entry.events:
                        assert isinstance(event, TypingChanged)
                        typing = (one for one in event.news if one.is_typing)
                        self.updates.update((one.room, one.user) for one in typing)
                await asyncio.sleep(LOOK_S)
        finally:
            await redis.aclose()


@pytest.fixture(scope="module")
def crowd_rooms(world, loop):
    """Rooms with the same eight typists, and two who only watch."""
    people = many_people(world, TYPISTS + 2)
    rooms = many_rooms(world, [people] * EXAMPLES)
    with held_open(loop, watching(world.chats, people)) as sessions:
        yield [TypingRoom(room, sessions) for room in rooms]


def test_many_who_type_at_once_are_few_frames_that_name_all_of_them(world, loop, crowd_rooms):
    """Feature: whatsapp-messaging-fix, Property 14: Typing Indicator Optimization"""
    free, news = iter(crowd_rooms), News(world.suite.state.redis_url)

    async def play(paces):
        room = next(free)
        typists = room.sessions[: len(paces)]
        watchers = room.sessions[TYPISTS:]
        everybody = {typist.user for typist in typists}
        began_s = time.monotonic()

        async with room.typing(dict(zip(typists, paces, strict=True))):
            for watcher in watchers:
                await room.until_shown_at_once(watcher, everybody)
        for typist in typists:
            await room.until_gone(typist)
        took_s = time.monotonic() - began_s

        for session in room.sessions:
            assert len(room.told(session)) <= 2 + took_s / TELL_EVERY_S
        for typist in typists:
            updates = news.updates[room.room, typist.user]
            assert 1 <= updates <= min(room.keys[typist.user], 2 + took_s / REPEAT_AFTER_S)

    play_at_once(loop, crowds, play, beside=news.read_along)
