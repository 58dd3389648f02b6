"""The channel layer as anybody else may use it, and what the processes count of it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
from channels_redis.pubsub import RedisPubSubChannelLayer

from libs.common.control import GROUP, channel_layer
from tests.integration.waiting import WITHIN_S


@contextlib.asynccontextmanager
async def layer(redis_url: str) -> AsyncIterator[Any]:
    """Open a layer like that of a process, for as long as the block lasts."""
    opened = RedisPubSubChannelLayer(**channel_layer(redis_url)["CONFIG"])
    try:
        yield opened
    finally:
        await opened.flush()


@contextlib.asynccontextmanager
async def overheard(redis_url: str, *, about: str) -> AsyncIterator[Any]:
    """Listen to the group inside the block.

    Call what it gives to wait for the next message about this user.
    """
    async with layer(redis_url) as opened:
        channel = await opened.new_channel()
        await opened.group_add(GROUP, channel)

        async def following() -> Any:
            while (message := await opened.receive(channel)).get("user") != about:
                pass
            return message

        yield following


async def metrics_of(internal_port: int | None) -> dict[str, float]:
    """Return what a process tells now, by name and labels."""
    async with httpx.AsyncClient(timeout=WITHIN_S) as http:
        text = (await http.get(f"http://127.0.0.1:{internal_port}/metrics")).text
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


async def summed(world: Any, name: str) -> float:
    """Return a metric of all chat processes together; without labels it is all of its series."""
    told = [await metrics_of(process.internal_port) for process in world.suite.state.of("chat")]
    return sum(
        value
        for metrics in told
        for series, value in metrics.items()
        if series == name or series.startswith(f"{name}{{")
    )
