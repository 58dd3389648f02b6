"""Feature: whatsapp-messaging-fix, Property 6: Typing Indicator System

Whoever types in a chat, in whatever rhythm: the other participants are shown it within 200 ms, it
ends by itself a second after the last key, also where the typist's process was killed, and nobody
is ever shown themselves.
"""

import asyncio
import itertools
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from services.chat.domain.typing import EXPIRES_AFTER_S, REPEAT_AFTER_S, SILENT_AFTER_S
from services.chat.hub.typing import TELL_EVERY_S, TICK_S
from tests.properties.at_once import EXAMPLES, held_open, play_at_once
from tests.properties.many import many_people, many_rooms
from tests.properties.quick_time import QuickLoop
from tests.properties.typing_play import Process, Stream
from tests.properties.typing_rooms import TypingRoom
from tests.properties.watchers import watching

TYPISTS = ("ann", "bob", "eve")
HERE, THERE = [*TYPISTS, "dan"], ["fay", "gus"]
SHOWN_WITHIN_S = 0.2
TURN_S = 0.001

keystrokes = st.lists(
    st.tuples(st.sampled_from(TYPISTS), st.floats(0.01, 1.6)), min_size=1, max_size=25
)
"""Who presses a key, and how long after the one before."""
lateness = st.floats(0.0, 0.1)


async def play(keys, late_s, *, killed=False):
    """Press keys in one process; return both processes, what was told, and when keys were pressed."""
    loop = asyncio.get_running_loop()
    stream = Stream(late_s)
    stream.processes = [Process(stream, HERE), Process(stream, THERE)]
    origin, other = stream.processes
    pressed: dict[str, list[float]] = {person: [] for person in TYPISTS}
    for person, after_s in keys:
        await asyncio.sleep(after_s)
        pressed[person].append(loop.time())
        origin.press(person)
    if killed:
        await origin.kill()
    await asyncio.sleep(5.0)
    for process in stream.processes:
        await process.stop()
    return origin, other, stream.told, pressed


def spells(times, pause_s):
    """Part the times of keystrokes where the typist paused so long: (first, last) of each spell."""
    first = last = times[0]
    for at in times[1:]:
        if at - last >= pause_s:
            yield first, last
            first = at
        last = at
    yield first, last


@settings(max_examples=200, deadline=None)
@given(keys=keystrokes, late_s=lateness)
def test_everybody_else_is_shown_who_types_for_as_long_as_they_do(keys, late_s):
    """Feature: whatsapp-messaging-fix, Property 6: Typing Indicator System"""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        origin, other, _, pressed = runner.run(play(keys, late_s))

    # What may pass: the way over the stream, a tick, and the rest of a room that was just told.
    way_s = late_s + TELL_EVERY_S + TICK_S + TURN_S
    gone_s = SILENT_AFTER_S + TICK_S + way_s
    for sight in [*origin.sights.values(), *other.sights.values()]:
        assert sight.now == []
    for watcher, sight in (origin.sights | other.sights).items():
        assert all(watcher not in users for _, users in sight.seen)
        for person in (each for each in TYPISTS if pressed[each] and each != watcher):
            for first_s, last_s in spells(pressed[person], pause_s=gone_s):
                shown = [at for at, users in sight.seen if person in users]
                gone = [at for at, users in sight.seen if person not in users]
                assert any(first_s <= at <= first_s + way_s for at in shown)
                assert any(last_s < at <= last_s + gone_s for at in gone)


@settings(max_examples=100, deadline=None)
@given(keys=keystrokes, late_s=lateness)
def test_the_first_key_is_told_at_once_and_the_others_now_and_then(keys, late_s):
    """Feature: whatsapp-messaging-fix, Property 6: Typing Indicator System"""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        _, _, told, pressed = runner.run(play(keys, late_s))

    for person, times in ((each, times) for each, times in pressed.items() if times):
        updates = [at for at, is_typing in told[person] if is_typing]
        ends = [at for at, is_typing in told[person] if not is_typing]
        firsts = {first_s for first_s, _ in spells(times, SILENT_AFTER_S + 2 * TICK_S)}
        assert firsts <= set(updates)
        assert len(updates) <= len(times)
        assert told[person][-1][1] is False
        for earlier, later in itertools.pairwise(updates):
            began_anew = any(earlier < end <= later for end in ends)
            assert began_anew or later - earlier >= REPEAT_AFTER_S - TURN_S


@settings(max_examples=100, deadline=None)
@given(keys=keystrokes, late_s=lateness)
def test_whose_process_is_killed_is_not_shown_for_ever(keys, late_s):
    """Feature: whatsapp-messaging-fix, Property 6: Typing Indicator System"""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        _, other, told, _ = runner.run(play(keys, late_s, killed=True))

    last_update_s = max(at for updates in told.values() for at, _ in updates)
    within_s = late_s + EXPIRES_AFTER_S + TELL_EVERY_S + TICK_S + TURN_S
    for sight in other.sights.values():
        assert sight.now == []
        assert sight.seen[-1][0] <= last_update_s + within_s


def test_the_rules_are_those_of_the_first_design():
    """Feature: whatsapp-messaging-fix, Property 6: Typing Indicator System"""
    assert (REPEAT_AFTER_S, SILENT_AFTER_S, TELL_EVERY_S) == (0.2, 1.0, SHOWN_WITHIN_S)


# -- the real suite ---------------------------------------------------------------------------

MEMBERS = 3
SILENCE, TAKEN_BACK, SENT = "silence", "taken back", "sent"


class Turn(NamedTuple):
    """Somebody types until everybody else was shown it, and then stops in some way."""

    who: int
    pace_s: float
    ending: str


turns = st.builds(
    Turn,
    st.integers(0, MEMBERS - 1),
    st.sampled_from((0.02, 0.1, 0.25)),
    st.sampled_from((SILENCE, TAKEN_BACK, SENT)),
)
rounds = st.lists(turns, min_size=1, max_size=MEMBERS, unique_by=lambda turn: turn.who)
evenings = st.lists(rounds, min_size=1, max_size=2)
"""Who types at the same time, and who after that."""


@pytest.fixture(scope="module")
def evening_rooms(world, loop):
    """Rooms with the same three people, one of them with two sessions; and a stranger."""
    *members, stranger = many_people(world, MEMBERS + 1)
    rooms = many_rooms(world, [members] * EXAMPLES)
    with held_open(loop, watching(world.chats, [*members, members[0], stranger])) as sessions:
        *inside, outside = sessions
        yield [TypingRoom(room, inside) for room in rooms], outside


async def take_turn(room, turn):
    typist = room.sessions[turn.who]
    seen = {session: len(room.told(session)) for session in room.others(typist)}
    async with room.typing({typist: turn.pace_s}):
        await room.until_shown(typist, since=seen)
    if turn.ending == TAKEN_BACK:
        await room.stop(typist)
    elif turn.ending == SENT:
        await room.send(typist)
    await room.until_gone(typist)


def test_the_others_are_shown_who_types_until_they_stop_and_nobody_else_is(
    world, loop, evening_rooms
):
    """Feature: whatsapp-messaging-fix, Property 6: Typing Indicator System"""
    rooms, stranger = evening_rooms
    free = iter(rooms)

    async def play(evening):
        room = next(free)
        for turns_at_once in evening:
            await asyncio.gather(*(take_turn(room, turn) for turn in turns_at_once))

        typists = {room.sessions[turn.who].user for turns in evening for turn in turns}
        for session in room.sessions:
            shown = {user for users in room.told(session) for user in users}
            assert shown == typists - {session.user}
            assert room.told(session)[-1:] in ([], [[]])

    play_at_once(loop, evenings, play)

    assert stranger.typists == {}
