"""What a process tells of its typists, and how that looks to those who share its rooms."""

import asyncio

import pytest
from structlog.testing import capture_logs

from libs.common.events import TypingNews
from services.chat.domain.typing import EXPIRES_AFTER_S, REPEAT_AFTER_S, SILENT_AFTER_S
from services.chat.hub.typing import TICK_S, TOO_MANY
from tests.background import in_background
from tests.properties.quick_time import QuickLoop
from tests.properties.typing_play import MOST_MEMBERS, Process, Stream
from tests.unit.chat.hub.typing_house import House, count


@pytest.fixture
def loop():
    """A loop in which waiting costs nothing."""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        yield runner


@pytest.fixture
def house():
    """A room of three who sit here."""
    return House("ann", "bob", "eve")


def room_of(*people):
    """Make a process in which they all sit, and the stream that it reads."""
    stream = Stream(0.0)
    process = Process(stream, list(people))
    stream.processes = [process]
    return process, stream


def test_who_types_on_right_after_a_message_is_shown_again(loop):
    async def play():
        process, _ = room_of("ann", "bob")
        process.press("ann")
        await asyncio.sleep(0.1)
        process.manager.stop_typing(process.sessions["ann"], "room")
        process.press("ann")
        await asyncio.sleep(0.5)
        shown = [users for _, users in process.sights["bob"].seen]
        await process.stop()
        return shown

    assert loop.run(play()) == [["ann"], [], ["ann"]]


def test_large_rooms_show_nobody(loop):
    async def play():
        process, stream = room_of("ann", "bob")
        process.room.member_count = MOST_MEMBERS + 1
        process.press("ann")
        await asyncio.sleep(0.5)
        await process.stop()
        return process.sights["bob"].seen, dict(stream.told)

    assert loop.run(play()) == ([], {})


def test_a_session_that_ends_types_no_more(loop):
    async def play():
        process, stream = room_of("ann", "bob")
        process.press("ann")
        await asyncio.sleep(0.05)
        process.manager.closed(process.sessions["ann"])
        await asyncio.sleep(0.5)
        await process.stop()
        return process.sights["bob"].now, [is_typing for _, is_typing in stream.told["ann"]]

    assert loop.run(play()) == ([], [True, False])


def test_who_left_the_room_is_shown_nothing_more(loop):
    async def play():
        process, _ = room_of("ann", "bob")
        process.press("ann")
        await asyncio.sleep(0.1)
        process.room.seats[process.sessions["bob"].id].until = 0
        await asyncio.sleep(2.0)
        await process.stop()
        return [users for _, users in process.sights["bob"].seen]

    assert loop.run(play()) == [["ann"]]


def test_who_is_removed_from_the_room_types_no_more(loop):
    async def play():
        process, stream = room_of("ann", "bob")
        process.press("ann")
        await asyncio.sleep(0.1)
        process.room.seats[process.sessions["ann"].id].until = 7
        process.press("ann")
        await asyncio.sleep(0.3)
        await process.stop()
        return process.sights["bob"].now, [is_typing for _, is_typing in stream.told["ann"]]

    assert loop.run(play()) == ([], [True, False])


def test_nothing_is_kept_of_a_room_in_which_nobody_types(loop):
    async def play():
        process, _ = room_of("ann", "bob")
        process.press("ann")
        await asyncio.sleep(5.0)
        await process.stop()
        return process.manager.is_at_rest

    assert loop.run(play()) is True


# -- what is told of the typists here -------------------------------------------------------------


def session_of(house, user, room="room"):
    return house.rooms[room].seats[f"tab of {user}"].session


def test_keys_are_told_at_once_then_now_and_then_and_their_end_after_silence(house):
    ann = session_of(house, "ann")
    for _ in range(8):
        house.manager.start_typing(ann, "room")
        house.pass_by(TICK_S)
    while_typing = [each.is_typing for each in house.told]
    house.pass_by(SILENT_AFTER_S + TICK_S)

    assert while_typing == [True, True]
    assert house.told[-1] == TypingNews("room", "ann", "tab of ann", is_typing=False)
    assert [each.is_typing for each in house.told].count(False) == 1


def test_a_key_right_behind_a_stop_is_told_by_itself_a_little_later(house):
    ann = session_of(house, "ann")
    house.manager.start_typing(ann, "room")
    house.manager.stop_typing(ann, "room")
    house.manager.start_typing(ann, "room")
    at_once = [each.is_typing for each in house.told]

    house.pass_by(REPEAT_AFTER_S + TICK_S)

    assert at_once == [True, False]
    assert [each.is_typing for each in house.told] == [True, False, True]


def test_what_a_session_typed_in_several_rooms_ends_with_it_at_once(house):
    ann = session_of(house, "ann")
    house.begin("hall")
    for room in ("room", "hall"):
        house.take_seat(ann, room)
        house.manager.start_typing(ann, room)
    house.manager.start_typing(session_of(house, "bob"), "room")
    calls = house.calls

    house.manager.closed(ann)
    house.manager.closed(ann)

    assert house.calls == calls + 1
    assert {(each.room, each.user) for each in house.told if not each.is_typing} == {
        ("room", "ann"),
        ("hall", "ann"),
    }


def test_who_stops_without_having_typed_is_not_told_of(house):
    house.manager.stop_typing(session_of(house, "ann"), "room")
    house.pass_by(0.2)

    assert house.calls == 0


@pytest.mark.parametrize(("members", "told"), [(MOST_MEMBERS, 1), (MOST_MEMBERS + 1, 0)])
def test_up_to_the_very_limit_rooms_show_who_types(house, members, told):
    before = count(TOO_MANY)
    house.rooms["room"].member_count = members

    house.manager.start_typing(session_of(house, "ann"), "room")

    assert len(house.told) == told
    assert count(TOO_MANY) - before == 1 - told


def test_nobody_types_in_a_room_that_is_not_there(house):
    ann = session_of(house, "ann")
    del house.rooms["room"]

    house.manager.start_typing(ann, "room")

    assert (house.told, house.manager.is_at_rest) == ([], True)


# -- the task -------------------------------------------------------------------------------------


def test_the_task_wakes_for_typists_here_without_any_news(loop, house):
    async def play():
        async with in_background(house.manager.run()):
            house.manager.start_typing(session_of(house, "ann"), "room")
            house.clock.advance(SILENT_AFTER_S)
            await asyncio.sleep(2 * TICK_S)

    loop.run(play())

    assert [each.is_typing for each in house.told] == [True, False]


def test_a_bug_does_not_end_the_task(loop, house):
    async def play():
        async with in_background(house.manager.run()):
            house.hear(("bob", True))
            house.manager.start_typing(session_of(house, "ann"), "room")
            house.is_broken = True
            house.clock.advance(SILENT_AFTER_S)
            await asyncio.sleep(2 * TICK_S)
            house.is_broken = False
            house.clock.advance(EXPIRES_AFTER_S)
            await asyncio.sleep(2 * TICK_S)

    with capture_logs() as lines:
        loop.run(play())

    assert [line["event"] for line in lines] == ["typing_bug"]
    assert house.seen("eve") == [["bob"], []]
