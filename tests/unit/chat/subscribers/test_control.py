import asyncio
import contextlib
import json
import uuid
from typing import Any, cast

import pytest
from channels.layers import InMemoryChannelLayer
from redis.exceptions import ConnectionError as RedisGone

from libs.common import control
from services.chat.hub import Outbound, Session
from services.chat.subscribers import ControlListener
from tests.unit.chat.hub.fake_wire import FakeWire

USER = str(uuid.uuid4())
CUSTOM = {"type": "custom", "user": USER, "name": "shop.order", "data": '{"a":1}'}


class FakeHub:
    """Some sessions of one user."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.broken = False

    def open(self, *, kind, welcome=True):
        wire = FakeWire()
        session = Session(kind, USER, "sid", Outbound(wire), kind)
        if welcome:
            session.opened.set()
        self.sessions.append(session)
        return wire

    def sessions_of(self, user):
        if self.broken:
            raise RuntimeError("a bug")
        return [session for session in self.sessions if session.user == user]


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
    async with asyncio.timeout(5):
        while control.GROUP not in layer.groups:
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def listening(hub, layer, **options):
    listener = ControlListener(hub=cast(Any, hub), make_layer=lambda: cast(Any, layer), **options)
    task = asyncio.create_task(listener.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_push_goes_to_the_chats_of_the_user_that_were_welcomed():
    hub, layer = FakeHub(), InMemoryChannelLayer()
    chat = hub.open(kind="chat")
    others = [hub.open(kind="poll"), hub.open(kind="notifications")]
    early = hub.open(kind="chat", welcome=False)

    async with listening(hub, layer):
        await until_subscribed(layer)
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: chat.written)

    assert [json.loads(text) for text in chat.written] == [
        {"type": "custom", "name": "shop.order", "data": {"a": 1}}
    ]
    assert [wire.written for wire in (*others, early)] == [[], [], []]


async def test_a_bug_in_what_a_signal_does_does_not_end_the_listener():
    hub, layer = FakeHub(), InMemoryChannelLayer()
    chat = hub.open(kind="chat")

    async with listening(hub, layer):
        await until_subscribed(layer)
        hub.broken = True
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: not layer.channels or all(q.empty() for q in layer.channels.values()))
        hub.broken = False
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: chat.written)

    assert len(chat.written) == 1


@pytest.mark.timeout(10)
async def test_without_redis_it_tries_now_and_then_and_does_not_spin():
    hub, layer = FakeHub(), GoneLayer()

    async with listening(hub, layer):
        await until(lambda: layer.asked == 2)
        for _ in range(1000):
            await asyncio.sleep(0)

    assert layer.asked == 2


async def test_a_layer_that_falls_silent_is_begun_anew():
    hub, layer = FakeHub(), InMemoryChannelLayer()
    chat = hub.open(kind="chat")

    async with listening(hub, layer, deaf_after_s=0.05):
        await until_subscribed(layer)
        layer.groups.clear()
        layer.channels.clear()
        await until(lambda: control.GROUP in layer.groups)
        await layer.group_send(control.GROUP, CUSTOM)
        await until(lambda: chat.written)
