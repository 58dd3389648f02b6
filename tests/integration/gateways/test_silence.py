"""WebSockets on which nobody says anything for longer than any gateway may mind.

In real time and with the numbers of the manifests, because those are what is tried: no clock of a
gateway can be put forward. What HTTPRoutes say is for whoever implements them, and cannot be run here.
"""

import contextlib
import re
import tempfile
import time
from pathlib import Path

import pytest

from clients.python.parley import Closed, Socket, Timeout
from dev.k8s.ingress import rendered_ingress
from tests.gateways import CONFIGURATION, needs_gateways, running_haproxy, running_nginx
from tests.integration.chat.sessions import write
from tests.integration.chat.world import WITHIN_S

HEARTBEATS = 3
MORE_S = 5
"""More than the 90 s that gateways are told, so that what is sent every 30 s has to count."""
IMPATIENT_S = 10
READ, TUNNEL = "nginx.org/proxy-read-timeout", re.compile(r"timeout tunnel \d+s")
"""Where it stands how long silence is borne."""
LOST = 1006
UNASKED = {"drained"}
"""What a server says by itself to somebody who has just come, and shares a room with nobody."""

pytestmark = [
    *(pytest.mark.full, pytest.mark.side_by_side, pytest.mark.timeout(420)),
    needs_gateways,
]

GATEWAYS = pytest.mark.parametrize("name", ["nginx", "haproxy"])


@contextlib.contextmanager
def gateway(world, name, *, silence_s=None):
    """Run a gateway in front of the world, as it stands or less patient; give its address."""
    with tempfile.TemporaryDirectory(prefix="parley-gateway-") as folder:
        running = (nginx if name == "nginx" else haproxy)(world, Path(folder), silence_s)
        with running as url:
            yield url


def nginx(world, folder, silence_s):
    ingress = rendered_ingress()
    if silence_s is not None:
        notes = ingress["metadata"]["annotations"]
        ingress["metadata"]["annotations"] = notes | {READ: f"{silence_s}s"}
    return running_nginx(world.suite.state, folder, ingress)


def haproxy(world, folder, silence_s):
    text = CONFIGURATION.read_text()
    if silence_s is not None:
        text, _ = TUNNEL.subn(f"timeout tunnel {silence_s}s", text)
    return running_haproxy(world.suite.state, folder, text)


@contextlib.asynccontextmanager
async def opened(url, person):
    """Open a socket that does nothing by itself but answer pings; give it, and its heartbeat."""
    async with await Socket.open(url, token=person.token, timeout_s=WITHIN_S) as socket:
        yield socket, (await socket.receive_type("welcome", WITHIN_S))["heartbeat_s"]


async def silence(socket, seconds):
    """Wait so long.

    Raises:
        Closed: the connection has ended.
    """
    deadline = time.monotonic() + seconds
    with contextlib.suppress(Timeout):
        while (left_s := deadline - time.monotonic()) > 0:
            frame = await socket.receive(left_s)
            assert frame["type"] in UNASKED


async def say(world, url, room, author):
    """Write something, as from another device; return its seq."""
    async with world.http(author, url=url) as http:
        return await write(http, room, "Are you still there?")


@GATEWAYS
async def test_whoever_sends_pings_alone_is_connected_after_three_heartbeats(world, name):
    alice = world.person()
    room = world.room(alice)
    with gateway(world, name) as url:
        async with opened(url, alice) as (socket, heartbeat_s):
            for _ in range(HEARTBEATS):
                await silence(socket, heartbeat_s)
                await socket.send({"type": "ping"})
                await socket.receive_type("pong", WITHIN_S)
            await silence(socket, MORE_S)

            seq = await say(world, url, room, alice)

            assert (await socket.receive_type("message", WITHIN_S))["seq"] == seq


@GATEWAYS
async def test_whoever_answers_pings_alone_is_connected_after_three_heartbeats(world, name):
    alice = world.person()
    room = world.room(alice)
    with gateway(world, name) as url:
        async with opened(url, alice) as (socket, heartbeat_s):
            await silence(socket, HEARTBEATS * heartbeat_s + MORE_S)

            seq = await say(world, url, room, alice)

            assert (await socket.receive_type("message", WITHIN_S))["seq"] == seq


@GATEWAYS
async def test_a_gateway_that_waits_for_less_is_noticed(world, name):
    with gateway(world, name, silence_s=IMPATIENT_S) as url:
        async with opened(url, world.person()) as (socket, heartbeat_s):
            began_s = time.monotonic()

            with pytest.raises(Closed) as closed:
                await silence(socket, HEARTBEATS * heartbeat_s)

    assert closed.value.close_code == LOST
    assert IMPATIENT_S - 1 < time.monotonic() - began_s < heartbeat_s
