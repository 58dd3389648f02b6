import asyncio
import contextlib
import uuid
from itertools import pairwise
from typing import Any, cast

import pytest
from channels.layers import InMemoryChannelLayer
from redis.exceptions import ConnectionError as RedisGone

from libs.common import control
from services.chat.frames.server import Custom
from services.chat.subscribers import ControlListener
from services.chat.subscribers.control import SIGNALS_PER_TURN
from tests.background import in_background
from tests.waiting import WITHIN_S, until

USER = str(uuid.uuid4())
CUSTOM = {"type": "custom", "user": USER, "name": "shop.order", "data": '{"a":1}'}


class FakeHub:
    """Keeps what it was told, unless it is broken."""

    def __init__(self) -> None:
        self.pushed: list[tuple[str, Custom]] = []
        self.broken = False

    def on_pushed(self, user: str, frame: Custom) -> None:
        if self.broken:
            raise RuntimeError("a bug")
        self.pushed.append((user, frame))


class GoneLayer:
    """A layer whose Redis is not there."""

    def __init__(self) -> None:
        self.asked = 0

    async def new_channel(self, prefix: str = "") -> str:
        self.asked += 1
        raise RedisGone("refused")

    async def flush(self) -> None:
        """Nothing is there to be forgotten."""


async def until_subscribed(layer):
    async with asyncio.timeout(WITHIN_S):
        while control.GROUP not in layer.groups:
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def listening(hub, layer, **options):
    listener = ControlListener(hub=cast(Any, hub), make_layer=lambda: cast(Any, layer), **options)
    async with in_background(listener.run()):
        yield


async def test_a_push_is_handed_to_the_hub_as_the_frame_that_goes_out():
    hub, layer = FakeHub(), InMemoryChannelLayer()

    async with listening(hub, layer):
        await until_subscribed(layer)
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: hub.pushed)

    assert hub.pushed == [(USER, Custom(name="shop.order", data={"a": 1}))]


async def test_a_bug_in_what_a_signal_does_does_not_end_the_listener():
    hub, layer = FakeHub(), InMemoryChannelLayer()

    async with listening(hub, layer):
        await until_subscribed(layer)
        hub.broken = True
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: not layer.channels or all(q.empty() for q in layer.channels.values()))
        hub.broken = False
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: hub.pushed)

    assert len(hub.pushed) == 1


@pytest.mark.timeout(60)
async def test_without_redis_it_tries_now_and_then_and_does_not_spin():
    hub, layer = FakeHub(), GoneLayer()

    async with listening(hub, layer):
        await until(lambda: layer.asked == 2)
        for _ in range(1000):
            await asyncio.sleep(0)

    assert layer.asked == 2


async def test_a_layer_that_falls_silent_is_begun_anew():
    hub, layer = FakeHub(), InMemoryChannelLayer()

    async with listening(hub, layer, deaf_after_s=0.05):
        await until_subscribed(layer)
        layer.groups.clear()
        layer.channels.clear()
        await until(lambda: control.GROUP in layer.groups)
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: hub.pushed)


class BusyLayer:
    """A layer in which a burst waits: it never lets go of the event loop by itself."""

    def __init__(self, signals: int) -> None:
        self.left = signals

    async def new_channel(self, prefix: str = "") -> str:
        return "channel"

    async def group_add(self, group: str, channel: str) -> None:
        """There is one channel only."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Nobody has to be woken."""

    async def receive(self, channel: str) -> dict[str, Any]:
        if self.left == 0:
            await asyncio.Event().wait()
        self.left -= 1
        return CUSTOM

    async def flush(self) -> None:
        """Nothing is there to be forgotten."""


async def test_a_burst_of_signals_leaves_turns_to_others():
    hub, layer = FakeHub(), BusyLayer(10 * SIGNALS_PER_TURN)
    seen = []

    async with listening(hub, layer):
        while layer.left:
            seen.append(len(hub.pushed))
            await asyncio.sleep(0)

    steps = [after - before for before, after in pairwise(seen)]
    assert len(hub.pushed) == 10 * SIGNALS_PER_TURN
    assert max(steps) <= SIGNALS_PER_TURN
