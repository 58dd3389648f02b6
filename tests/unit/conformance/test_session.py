"""What is heard, and what is said of what is not, on a socket whose server says what a test wants."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.server import serve

from tests.conformance.matching import Mismatch
from tests.conformance.session import Missing, Session

PING, PONG = {"type": "ping"}, {"type": "pong"}


def message(seq, room="r1"):
    return {"type": "message", "room": room, "seq": seq}


@contextlib.asynccontextmanager
async def hearing(*frames, code=None, within_s=5.0):
    """Open a socket that is sent frames (or texts, or bytes), and closed where there is a code."""

    async def say(connection):
        for frame in frames:
            await connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)
        if code is not None:
            await connection.close(code)
        await connection.wait_closed()

    async with serve(say, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        session = await Session.open(url, headers={}, origin=None, within_s=within_s)
        yield session
        await session.close()


async def test_frames_of_other_types_and_rooms_may_come_between():
    async with hearing(PONG, message(9, "r2"), message(1), PONG, message(2)) as session:
        known = await session.hear({"type": "message", "room": "$room", "seq": 1}, {"room": "r1"})
        await session.hear({"type": "message", "room": "$room", "seq": 2}, known)

        assert session.frames == [PONG, message(9, "r2"), PONG]


async def test_the_next_frame_of_the_type_and_room_must_be_as_the_pattern_says():
    async with hearing(message(1), message(2)) as session:
        with pytest.raises(Mismatch, match=r"message\.seq: expected 2, came 1"):
            await session.hear({"type": "message", "room": "$room", "seq": 2}, {"room": "r1"})


async def test_frames_in_any_order_are_so_many_as_there_are_patterns():
    two = [{"type": "message", "seq": 2}, {"type": "message", "seq": 1}]
    async with hearing(message(1), message(2), message(1), message(3)) as session:
        await session.hear_all(two, {})
        with pytest.raises(Mismatch):
            await session.hear_all(two, {})


async def test_what_comes_later_passes_over_what_was_before():
    async with hearing(message(1), PONG, message(2), PONG) as session:
        await session.hear_later(message(2), {})

        await session.hear(PONG, {})
        assert session.frames == []


async def test_what_comes_later_may_have_to_come_without_something_before():
    async with hearing(message(1), PONG, message(2), PONG) as session:
        await session.hear_later(message(2), {}, without=message(3))

    async with hearing(message(1), PONG, message(2)) as session:
        with pytest.raises(Missing, match="must not come"):
            await session.hear_later(message(2), {}, without=message(1))


async def test_what_does_not_come_in_time_is_missing_and_what_came_is_told():
    async with hearing(PONG, within_s=0.1) as session:
        with pytest.raises(Missing, match=r"'type': 'ack'.*within 0\.1 s.*'type': 'pong'"):
            await session.hear({"type": "ack"}, {})


async def test_what_must_not_have_come_is_looked_for_among_all_that_nobody_asked_for():
    async with hearing(message(1), PONG) as session:
        await session.hear(PONG, {})

        session.check_not_heard(message(2), {})
        with pytest.raises(Missing, match="must not come"):
            session.check_not_heard({"type": "message"}, {})


@pytest.mark.parametrize("said", ["no JSON", "[]", b"{}", json.dumps({"type": "x" * 600_000})])
async def test_what_is_no_frame_of_a_server_is_told_of(said):
    async with hearing(said) as session:
        with pytest.raises(Mismatch, match="a frame of the server"):
            await session.hear(PONG, {})


async def test_a_close_is_heard_with_its_code_after_what_came_before():
    async with hearing(PONG, code=4001) as session:
        assert await session.closed() == 4001

        await session.hear(PONG, {})
        with pytest.raises(Missing, match="closed with 4001"):
            await session.hear(PONG, {})


async def test_a_socket_that_stays_open_is_not_closed():
    async with hearing(PONG, within_s=0.1) as session:
        with pytest.raises(Missing, match="the close"):
            await asyncio.wait_for(session.closed(), 5)
