"""The way to a socket of a server that offers nothing but ``send``."""

import asyncio

import pytest

from services.chat.wire import HIGH_WATER_CHARS, AsgiWire
from tests.waiting import WITHIN_S

SOON_S = 0.01
FOR_EVER_S = 3600.0
FULL = "x" * HIGH_WATER_CHARS


class FakeServer:
    """Takes what it is sent, one by one, whenever it may."""

    def __init__(self):
        self.sent = []
        self.may_take = asyncio.Event()
        self.may_take.set()
        self.gone = False

    async def send(self, event):
        if self.gone:
            raise RuntimeError("the socket is closed")
        self.sent.append(event.get("text", event.get("code")))
        await self.may_take.wait()


@pytest.fixture
def server():
    return FakeServer()


@pytest.fixture
def wire(server):
    return AsgiWire(server.send, close_within_s=FOR_EVER_S)


async def until(condition):
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0)


async def test_frames_leave_in_their_order_and_the_close_frame_behind_them(server, wire):
    wire.write("one")
    await until(lambda: server.sent)
    server.may_take.clear()
    for text in ("two", "three"):
        wire.write(text)
    wire.close(4001)
    await until(lambda: "two" in server.sent)
    server.may_take.set()
    await until(lambda: 4001 in server.sent)

    assert server.sent == ["one", "two", "three", 4001]


async def test_nothing_follows_the_first_close_and_nothing_raises(server, wire):
    wire.close(4001)
    wire.close(4008)
    wire.write("late")
    await until(lambda: server.sent)
    await asyncio.sleep(SOON_S)

    assert server.sent == [4001]


async def test_a_socket_that_is_gone_takes_everything_and_raises_nothing(server, wire):
    server.gone = True

    wire.write(FULL)
    drained = await wire.drained(FOR_EVER_S)
    wire.write("more")
    wire.close(4001)

    assert (drained, wire.ready, server.sent) == (True, True, [])


async def test_it_is_ready_until_64_kib_wait_and_again_when_they_are_taken(server, wire):
    server.may_take.clear()

    wire.write("little")
    before = wire.ready
    wire.write(FULL)
    full = wire.ready
    draining = asyncio.create_task(wire.drained(FOR_EVER_S))
    await until(lambda: server.sent)
    server.may_take.set()

    assert (before, full, await draining, wire.ready) == (True, False, True, True)


async def test_a_server_that_takes_nothing_is_told_of(server, wire):
    server.may_take.clear()
    wire.write(FULL)

    assert not await wire.drained(SOON_S)


async def test_it_is_waited_for_while_too_much_waits(server, wire):
    server.may_take.clear()
    for _ in range(2):
        wire.write(FULL)
    draining = asyncio.create_task(wire.drained(FOR_EVER_S))
    await until(lambda: len(server.sent) == 1)
    server.may_take.set()
    server.may_take.clear()
    await until(lambda: len(server.sent) == 2)
    early = draining.done()
    server.may_take.set()

    assert (early, await draining) == (False, True)


async def test_what_is_not_taken_in_time_is_given_up_for_the_close_frame(server):
    wire = AsgiWire(server.send, close_within_s=SOON_S)
    server.may_take.clear()
    wire.write("stuck")
    wire.write("waiting")
    wire.close(4008)
    await until(lambda: 4008 in server.sent)

    assert server.sent == ["stuck", 4008]
