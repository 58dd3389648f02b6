import asyncio

import pytest

from tests.properties.quick_time import QuickLoop
from tests.properties.typing_play import MOST_MEMBERS, Process, Stream


@pytest.fixture
def loop():
    """A loop in which waiting costs nothing."""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        yield runner


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


def test_nothing_is_kept_of_a_room_in_which_nobody_types(loop):
    async def play():
        process, _ = room_of("ann", "bob")
        process.press("ann")
        await asyncio.sleep(5.0)
        await process.stop()
        return process.manager.is_at_rest

    assert loop.run(play()) is True
