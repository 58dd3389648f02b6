import asyncio
import json

import pytest

from services.chat.hub.outbound import QUEUE_BYTES, Outbound
from tests.unit.chat.hub.fake_wire import FakeWire

SLOW_READER = 4008
FRAME = "x" * 1024


async def turn():
    """Let the writer task run until it waits again."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def wire():
    return FakeWire()


@pytest.fixture
def outbound(wire):
    return Outbound(wire)


async def test_a_frame_goes_out_at_once_while_the_socket_takes_it(wire, outbound):
    outbound.send("a")
    outbound.send("b")

    assert wire.written == ["a", "b"]


async def test_frames_keep_their_order_through_the_queue(wire, outbound):
    outbound.send("a")
    wire.ready = False
    outbound.send("b")
    outbound.send("c")
    wire.ready = True
    outbound.send("d")
    before = list(wire.written)
    await turn()
    outbound.send("e")

    assert before == ["a"]
    assert wire.written == ["a", "b", "c", "d", "e"]


async def test_a_reader_that_goes_on_gets_everything(wire, outbound):
    wire.ready = False
    for number in range(10):
        outbound.send(str(number))
    await turn()
    before = list(wire.written)

    wire.go_on()
    await turn()

    assert before == []
    assert wire.written == [str(number) for number in range(10)]
    assert not outbound.closed


async def test_a_queue_that_overflows_closes_the_socket_as_too_slow(wire, outbound):
    wire.ready = False

    for _ in range(QUEUE_BYTES // len(FRAME)):
        outbound.send(FRAME)
    still_open = not outbound.closed
    outbound.send("one too many")
    outbound.send("and another")
    await turn()

    assert still_open
    assert wire.codes == [SLOW_READER]
    assert (outbound.closed, wire.written) == (True, [])


async def test_a_reader_that_takes_nothing_is_closed_as_too_slow(wire, outbound):
    wire.ready = False
    outbound.send("a")
    await turn()

    wire.go_on(ready=False, stalled=True)
    await turn()

    assert (wire.codes, wire.written) == ([SLOW_READER], [])


async def test_pages_are_pulled_while_the_queue_is_below_half(wire, outbound):
    wire.ready = False
    await outbound.has_room()
    for _ in range(QUEUE_BYTES // len(FRAME) // 2 + 1):
        outbound.send(FRAME)

    waiting = asyncio.create_task(outbound.has_room())
    await turn()
    early = waiting.done()
    wire.go_on()
    await asyncio.wait_for(waiting, 1)

    assert not early


async def test_who_waits_for_room_is_let_go_when_the_socket_is_gone(wire, outbound):
    wire.ready = False
    for _ in range(QUEUE_BYTES // len(FRAME)):
        outbound.send(FRAME)
    waiting = asyncio.create_task(outbound.has_room())
    await turn()

    outbound.abandon()

    await asyncio.wait_for(waiting, 1)
    assert (outbound.closed, wire.codes) == (True, [])


async def test_after_a_close_nothing_is_sent_and_the_first_code_stands(wire, outbound):
    wire.ready = False
    outbound.send("queued")

    outbound.close(4001)
    outbound.close(4008)
    outbound.abandon()
    wire.go_on()
    outbound.send("late")
    await turn()

    assert (wire.codes, wire.written) == ([4001], [])


async def test_who_is_sent_away_hears_when_to_come_back_and_nothing_after_it(wire, outbound):
    wire.ready = False
    outbound.send("waits in the queue")

    outbound.send_away(700)
    outbound.send("too late")
    outbound.send_away(900)
    await turn()

    assert [json.loads(frame) for frame in wire.written] == [{"type": "reconnect", "after_ms": 700}]
    assert (wire.codes, outbound.closed) == ([1012], True)
