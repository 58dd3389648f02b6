"""Feature: whatsapp-messaging-fix, Property 15: Connection Heartbeat

Whatever a client sends, and whenever: it is pinged every 30 seconds for as long as it is connected,
and dropped when nothing at all came from it for two heartbeats, neither sooner nor later.
"""

import asyncio
import datetime as dt
import itertools
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import uvicorn
from hypothesis import given, settings, strategies as st
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from clients.python.parley.websocket import websocket_url
from dev.ports import LOOPBACK
from libs.common import program
from libs.common.program import Assembled, Sockets
from services.chat.__main__ import FRAME_BYTES_REFUSED
from services.chat.consumers.socket import HEARTBEAT_S
from services.chat.wire import SILENT_PINGS, UvicornWire
from tests.integration.chat.world import WITHIN_S
from tests.properties.quick_time import QuickLoop
from tests.unit.chat.wire.fake_transport import (
    HANDSHAKE,
    FakeTransport,
    accept_and_listen,
    wire_on,
)

PONGED, FRAMED, WORDLESS = "pongs", "frames", "silence"
SILENCE_S = SILENT_PINGS * HEARTBEAT_S
TURN_S = 0.01

phases = st.lists(
    st.tuples(st.sampled_from((PONGED, FRAMED, WORDLESS)), st.floats(0.1, 100.0)),
    min_size=1,
    max_size=6,
)
"""How a client behaves, and for how long: it answers pings, or sends a frame now and then, or
nothing."""


class Transport(FakeTransport):
    """Remembers when it was pinged, and answers where the client does."""

    def __init__(self, loop):
        super().__init__()
        self.loop = loop
        self.pings = []
        self.closed_at = None
        self.answer = None

    def write(self, data):
        if data[0] & 0x0F == Opcode.PING:
            self.pings.append(self.loop.time())
            if self.answer is not None:
                self.loop.call_soon(self.answer, data[2:])

    def close(self):
        if not self.closed:
            self.closed_at = self.loop.time()
        super().close()


@pytest.fixture(scope="module")
def config():
    """What uvicorn is told where chat is served."""
    assembled = Assembled(
        process=cast(Any, SimpleNamespace(begin_to_stop=None)),
        application=accept_and_listen,
        sockets=Sockets(uvicorn_protocol=UvicornWire, frame_bytes=FRAME_BYTES_REFUSED),
    )
    settings = cast(Any, SimpleNamespace(host=LOOPBACK, port=0))
    with pytest.MonkeyPatch.context() as patch:
        # It would change the loggers of this whole process.
        patch.setattr(uvicorn.Config, "configure_logging", lambda _: None)
        config = cast(Any, program.uvicorn(assembled, settings)).config
        config.load()
    return config


async def live(config, phases, pace_s):
    """Let a client live through its phases; return when it was pinged, heard, and dropped."""
    loop = asyncio.get_running_loop()
    transport = Transport(loop)
    wire = wire_on(transport, config=config)
    heard = []

    def say(frame):
        if not transport.closed:
            heard.append(loop.time())
            wire.data_received(frame.serialize(mask=True))

    wire.data_received(HANDSHAKE + b"\r\n")
    heard.append(loop.time())
    while not wire.handshake_complete:
        await asyncio.sleep(0)
    for behaviour, lasts_s in phases:
        until_s = loop.time() + lasts_s
        pong = behaviour == PONGED
        transport.answer = (lambda payload: say(Frame(Opcode.PONG, payload))) if pong else None
        while loop.time() < until_s and not transport.closed:
            if behaviour == FRAMED:
                say(Frame(Opcode.TEXT, b'{"type":"ping"}'))
            await asyncio.sleep(min(pace_s, max(0.0, until_s - loop.time())))
    ended_at, dropped_at = loop.time(), transport.closed_at
    wire.stop_keepalive()
    wire.connection_lost(None)
    await asyncio.gather(*wire.tasks)
    return transport.pings, heard, dropped_at, ended_at


@settings(max_examples=200, deadline=None)
@given(phases=phases, pace_s=st.floats(0.5, 70.0))
def test_every_connection_is_pinged_and_none_is_dropped_that_lives(config, phases, pace_s):
    """Feature: whatsapp-messaging-fix, Property 15: Connection Heartbeat"""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        pings, heard, dropped_at, ended_at = runner.run(live(config, phases, pace_s))

    until_s = dropped_at or ended_at
    assert longest([heard[0], *pings, until_s]) <= HEARTBEAT_S + TURN_S
    assert longest([*heard, until_s]) <= SILENCE_S + TURN_S
    if dropped_at is not None:
        assert dropped_at - heard[-1] >= SILENCE_S - TURN_S


def longest(times):
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def test_the_client_is_asked_for_the_same_pace():
    """Feature: whatsapp-messaging-fix, Property 15: Connection Heartbeat"""
    assert program.PING_EVERY_S == HEARTBEAT_S == 30


# -- the real suite ---------------------------------------------------------------------------
# Its own pings are seen above, in no time, from a wire that is made of the very same ``Config``.

PATHS = ("/ws/chat/", "/ws/notifications/")
payloads = st.binary(max_size=125)
refs = st.none() | st.text(max_size=64)
more = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name not in {"type", "ref"}),
    st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    max_size=3,
)
"""Members that a frame of this type does not have."""


@pytest.fixture(scope="module")
def connections(world, loop):
    """One person's WebSockets, both of them at both processes, as a browser holds them."""
    bearer = {"Authorization": f"Bearer {world.person().token}"}

    async def open_all():
        places = itertools.product(world.chats, PATHS)
        return [
            await connect(websocket_url(url, path), additional_headers=bearer, ping_interval=None)
            for url, path in places
        ]

    connections = loop.run(open_all())
    for connection in connections:
        assert msgspec.json.decode(loop.run(connection.recv()))["type"] == "welcome"
    yield connections
    for connection in connections:
        loop.run(connection.close())


async def pong_on(connection):
    while (frame := msgspec.json.decode(await connection.recv()))["type"] != "pong":
        assert frame["type"] == "drained"
    return frame


@settings(max_examples=100, deadline=None)
@given(
    beats=st.lists(st.tuples(payloads, refs, more), min_size=1, max_size=4), where=st.integers(0, 3)
)
def test_every_ping_is_answered_with_what_it_carries_and_by_the_servers_clock(
    loop, connections, beats, where
):
    """Feature: whatsapp-messaging-fix, Property 15: Connection Heartbeat"""
    connection = connections[where]

    async def beat(payload, ref, members):
        answered = await connection.ping(payload)
        given = {} if ref is None else {"ref": ref}
        frame = msgspec.json.encode({"type": "ping", **given, **members})
        await connection.send(frame, text=True)
        async with asyncio.timeout(WITHIN_S):
            await answered
            return await pong_on(connection)

    async def beat_on():
        return [await beat(*each) for each in beats]

    pongs = loop.run(beat_on())

    assert [(pong["type"], pong.get("ref")) for pong in pongs] == [
        ("pong", ref) for _, ref, _ in beats
    ]
    times = [dt.datetime.fromisoformat(pong["server_time"]) for pong in pongs]
    assert times == sorted(times)
