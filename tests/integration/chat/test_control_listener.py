"""The listener on a real server that is killed, hung, wiped and cut off: it hears again by itself.

What is sent in between is lost, which is allowed; what must not be is a listener that stays deaf.
"""

import asyncio
import contextlib
import uuid
from typing import Any, cast

import pytest
from redis import Redis

from libs.common.control import GROUP, channel_layer
from libs.common.patient_layer import PatientLayer
from services.chat.subscribers import ControlListener
from tests.integration.chat.control_layer import layer
from tests.valkey_server import Server
from tests.waiting import until

AGAIN_WITHIN_S = 30.0
"""Generous; on an idle machine it takes 2 to 4 s from the server's return."""
SEND_EVERY_S = 0.05
DEAF_AFTER_S = 0.6
AWAY_S = 1.3

pytestmark = pytest.mark.timeout(180)


class FakeHub:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()

    def on_revoked(self, event: Any) -> None:
        self.revoked.add(event.user)

    def sessions_of(self, user: str) -> tuple[()]:
        return ()


class House:
    """A listener, and somebody who sends."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.hub = FakeHub()
        self.layers: list[Any] = []

    def make_layer(self) -> Any:
        self.layers.append(PatientLayer(**channel_layer(self.server.url)["CONFIG"]))
        return self.layers[-1]

    async def hears(self) -> None:
        """Send signals until one arrives.

        Raises:
            TimeoutError: none does.
        """
        user = str(uuid.uuid4())
        message = {"type": "revoked", "user": user, "sids": [user]}
        async with layer(self.server.url) as sender, asyncio.timeout(AGAIN_WITHIN_S):
            while user not in self.hub.revoked:
                with contextlib.suppress(Exception):
                    await sender.group_send(GROUP, message)
                await asyncio.sleep(SEND_EVERY_S)


@pytest.fixture
async def server(tmp_path):
    running = Server(tmp_path)
    running.start()
    await running.wait_up()
    yield running
    running.stop()


@pytest.fixture
async def house(server):
    house = House(server)
    listener = ControlListener(
        hub=cast(Any, house.hub), make_layer=house.make_layer, deaf_after_s=DEAF_AFTER_S
    )
    task = asyncio.create_task(listener.run())
    await house.hears()
    yield house
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert [one for one in house.layers if one._layers and _busy(one)] == []


def _busy(one):
    return [inner for inner in one._layers.values() if inner.channels or inner.groups]


async def test_it_hears_again_after_the_server_was_killed(house, server):
    server.kill()
    server.start()

    await house.hears()


async def test_it_hears_again_after_the_server_was_away_for_a_while(house, server):
    server.kill()
    await asyncio.sleep(AWAY_S)
    server.start()

    await house.hears()


async def test_it_hears_again_after_the_server_hung(house, server):
    server.hang()
    await asyncio.sleep(AWAY_S)
    server.resume()

    await house.hears()


async def test_it_still_hears_when_the_server_was_wiped_or_cut_it_off(house, server):
    with contextlib.closing(Redis.from_url(server.url)) as client:
        client.flushall()
        await house.hears()
        for kind in ("pubsub", "normal"):
            client.client_kill_filter(_type=kind, skipme=True)
            await house.hears()


async def test_it_hears_again_though_the_receiver_of_the_layer_has_ended(house):
    # What a TimeoutError does to it. Nothing in the layer would ever start it again.
    (inner,) = house.layers[-1]._layers.values()
    inner._shards[0]._receive_task.cancel()

    await house.hears()


async def test_it_hears_again_though_the_layer_cannot_be_emptied(house):
    def fail(message: object) -> None:
        raise TimeoutError

    (inner,) = house.layers[-1]._layers.values()
    shard = inner._shards[0]
    shard._receive_message = fail

    await house.hears()

    assert len(house.layers) == 2
    assert house.layers[0]._layers == {}
    shard._receive_task = None
    await shard.flush()  # nobody else closes what the replaced layer had open


async def test_an_outage_leaves_nothing_behind(house, server):
    tasks = len(asyncio.all_tasks())

    server.kill()
    await asyncio.sleep(AWAY_S)
    server.start()
    await house.hears()

    (inner,) = house.layers[-1]._layers.values()
    assert len(house.layers) == 1
    assert (len(inner.channels), len(inner.groups)) == (1, 1)
    await until(lambda: len(asyncio.all_tasks()) <= tasks, what="tasks of the outage to end")
