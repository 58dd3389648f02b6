"""Sign-outs without Redis, and the channel layer after it: sockets close, and pushes come again."""

import asyncio
import contextlib

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from libs.common.control import GROUP, channel_layer
from tests.faults.signing_in import NOT_AUTHENTICATED, SignIn, signed_in
from tests.faults.waiting import WITHIN_S

PUSH_EVERY_S = 0.2
AWAY_S = 4.0
"""Longer than a listener bears silence."""


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
