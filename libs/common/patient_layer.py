"""The channel layer without its ten looks a second whether something has come.

Redis wakes the receiver by itself, and whoever listens notices silence by probes of its own.
"""

import asyncio
from typing import Any

from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from channels_redis.utils import _wrap_close, decode_hosts
from redis.asyncio.client import PubSub

LOOK_EVERY_S = 10.0
"""Nothing hangs on it: a wait without an end would be cut off by the timeout of the socket."""


class PatientLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # it has no types
    """As its base; see there for the arguments."""

    def _get_layer(self) -> RedisPubSubLoopLayer:
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = _LoopLayer(*self._args, **self._kwargs, channel_layer=self)
            _wrap_close(self, loop)
        return self._layers[loop]


class _LoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]  # it has no types
    def __init__(self, hosts: Any = None, **options: Any) -> None:
        super().__init__(hosts, **options)
        self._shards = [_Connection(host, self) for host in decode_hosts(hosts)]


class _Connection(RedisSingleShardConnection):  # type: ignore[misc]  # it has no types
    def _ensure_redis(self) -> None:
        if self._redis is None:
            super()._ensure_redis()
            redis: Any = self._redis
            self._pubsub = _PatientPubSub(redis.connection_pool)


class _PatientPubSub(PubSub):
    async def get_message(
        self,
        ignore_subscribe_messages: bool = False,  # noqa: FBT001, FBT002  # as its base has it
        timeout: float | None = 0.0,  # noqa: ASYNC109, ARG002  # as its base has it
    ) -> Any:
        return await super().get_message(ignore_subscribe_messages, LOOK_EVERY_S)
