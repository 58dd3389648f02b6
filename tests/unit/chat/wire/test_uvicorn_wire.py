"""What a client can make the transport do, without a network."""

import asyncio

import pytest
from websockets.frames import Frame, Opcode

from services.chat.wire import BAD_REQUEST, MOST_PARTS, UPGRADE_REQUIRED
from tests.unit.chat.wire.fake_transport import HANDSHAKE, FakeTransport, wire_on
from tests.waiting import WITHIN_S

PING = Frame(Opcode.PING, b"are you there?").serialize(mask=True)


@pytest.fixture
async def opened():
    """A wire whose handshake is done, and its transport, as if nothing had been written yet."""
    transport = FakeTransport()
    wire = wire_on(transport)
    wire.data_received(HANDSHAKE + b"\r\n")
    async with asyncio.timeout(WITHIN_S):
        while not wire.handshake_complete:
            await asyncio.sleep(0)
    transport.written = b""
    yield wire, transport
    wire.connection_lost(None)
    await asyncio.gather(*wire.tasks)


async def test_a_ping_is_answered(opened):
    wire, transport = opened

    wire.data_received(PING)

    assert b"are you there?" in transport.written


async def test_pongs_do_not_pile_up_before_a_client_that_does_not_read(opened):
    wire, transport = opened
    wire.pause_writing()

    wire.data_received(PING * 1000)
    unread = transport.written
    wire.resume_writing()
    wire.data_received(PING)

    assert unread == b""
    assert transport.written.count(b"are you there?") == 1


async def test_a_message_in_countless_empty_parts_is_kept_in_few(opened):
    wire, _ = opened
    wire.data_received(Frame(Opcode.TEXT, b"a", fin=False).serialize(mask=True))
    empty = Frame(Opcode.CONT, b"", fin=False).serialize(mask=True)

    wire.data_received(empty * MOST_PARTS * 3)

    assert len(wire.frames) <= MOST_PARTS
    assert b"".join(wire.frames) == b"a"


@pytest.mark.parametrize("behind", [b"", Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True)])
async def test_a_text_that_is_no_utf_8_is_refused_without_a_word_in_the_log(opened, caplog, behind):
    wire, transport = opened

    wire.data_received(Frame(Opcode.TEXT, b"\xff").serialize(mask=True) + behind)

    closed_with = transport.written[2:4]
    assert closed_with == (b"\x03\xe8" if behind else b"\x03\xef")  # 1000, as it asked, or 1007
    assert caplog.records == []


async def test_a_handshake_of_another_version_is_told_of_ours():
    transport = FakeTransport()
    wire = wire_on(transport)

    wire.data_received(HANDSHAKE.replace(b"Version: 13", b"Version: 8") + b"\r\n")

    assert transport.written == UPGRADE_REQUIRED
    assert transport.closed
    wire.connection_lost(None)


async def test_a_handshake_that_cannot_be_read_gets_an_answer():
    transport = FakeTransport()
    wire = wire_on(transport)

    wire.data_received(HANDSHAKE + b"Cookie: a=" + b"x" * 9000 + b"\r\n\r\n")

    assert transport.written == BAD_REQUEST
    assert transport.closed
    wire.connection_lost(None)


async def test_a_client_that_writes_is_alive_although_it_sends_no_pong(opened):
    wire, transport = opened
    wire.stop_keepalive()
    wire.ping_sent_at = wire.loop.time() - 30
    wire.data_received(Frame(Opcode.TEXT, b'{"type":"ping"}').serialize(mask=True))

    wire.keepalive_timeout()

    assert not transport.closed
    wire.stop_keepalive()


async def test_a_client_of_which_nothing_comes_is_dropped(opened):
    wire, transport = opened
    wire.stop_keepalive()
    wire.ping_interval = 0.0

    wire.keepalive_timeout()

    assert transport.closed
