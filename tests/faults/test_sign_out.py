"""Sign-outs without Redis, and the channel layer after it: sockets close, and pushes come again."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from clients.python import parley
from libs.common.control import GROUP, channel_layer
from tests.faults.stage import PASSWORD, Stage
from tests.faults.waiting import WITHIN_S

NOT_AUTHENTICATED = 4001
NO_CONTENT = 204
PUSH_EVERY_S = 0.2
AWAY_S = 4.0
"""Longer than a listener bears silence."""


@dataclass(frozen=True)
class SignIn:
    """One sign-in of somebody, who is open at every process."""

    user: str
    token: str
    sockets: list[parley.Socket]

    async def sign_out(self, url: str) -> None:
        """Sign out for good at one process."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=WITHIN_S) as http:
            answer = await http.post("/api/chat/auth/logout", json={})
        assert answer.status_code == NO_CONTENT

    async def close_codes(self) -> list[int | None]:
        """Wait until every socket is closed; return the codes."""
        return [await until_closed(socket) for socket in self.sockets]


@contextlib.asynccontextmanager
async def signed_in(stage: Stage) -> AsyncIterator[SignIn]:
    """Somebody new, with a socket at every process."""
    name = f"p{uuid.uuid4().hex[:12]}"
    credentials = {"username": name, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=stage.urls[0], timeout=WITHIN_S) as http:
        registered = (await http.post("/api/chat/auth/register", json=credentials)).json()
        token = (await http.post("/api/chat/auth/token", json=credentials)).json()["access_token"]
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await parley.Socket.open(url, token=token) for url in stage.urls]
        for socket in sockets:
            stack.callback(socket.abort)
            await socket.receive_type("welcome", WITHIN_S)
        yield SignIn(registered["user"]["id"], token, sockets)


async def until_closed(socket: parley.Socket) -> int | None:
    try:
        while True:
            await socket.receive(WITHIN_S)
    except parley.Closed as closed:
        return closed.close_code


async def push_until_heard(redis_url: str, sign_in: SignIn) -> None:
    """Push until a frame has come to every socket."""
    message = {"type": "custom", "user": sign_in.user, "name": "tests.ping", "data": "1"}
    layer = RedisPubSubChannelLayer(**channel_layer(redis_url)["CONFIG"])

    async def keep_pushing() -> None:
        while True:
            await layer.group_send(GROUP, message)
            await asyncio.sleep(PUSH_EVERY_S)

    pushing = asyncio.create_task(keep_pushing())
    try:
        for socket in sign_in.sockets:
            await socket.receive_type("custom", WITHIN_S)
    finally:
        pushing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pushing
        await layer.flush()


@pytest.mark.parametrize("how", ["stopped", "hung"])
async def test_without_redis_the_sweep_closes_what_was_signed_out_elsewhere(stage, how):
    async with signed_in(stage) as sign_in, getattr(stage, how)("redis"):
        await sign_in.sign_out(stage.urls[0])
        codes = await sign_in.close_codes()

    assert codes == [NOT_AUTHENTICATED] * len(stage.urls)


@pytest.mark.parametrize("how", ["stopped", "hung"])
async def test_pushes_come_again_by_themselves_after_redis_was_away(stage, how):
    redis_url = stage.suite.state.redis_url

    async with signed_in(stage) as sign_in:
        await push_until_heard(redis_url, sign_in)
        async with getattr(stage, how)("redis"):
            await asyncio.sleep(AWAY_S)
        await push_until_heard(redis_url, sign_in)
