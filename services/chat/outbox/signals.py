"""Tells every process over the channel layer what cannot wait for the streams.

A signal only hastens: what it says is committed already and stands in the outbox. So it is sent in
the background, once, within ``SEND_WITHIN_S``; a lost one is counted and nothing else.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from libs.common import control, metrics
from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.errors import Unavailable
from libs.common.logs import describe
from libs.common.redis_clients import answered
from libs.common.tasks import TaskSet

SEND_WITHIN_S = 0.5
"""Longest that one signal may take; Redis answers in a millisecond, or is in trouble."""
MOST_AT_ONCE = 256
"""Signals under way at once. Above it Redis hangs, and more of them would only pile up."""

SENT = metrics.counter("parley_signals_sent", "Signals that Redis has taken.", ["type"])
LOST = metrics.counter("parley_signals_lost", "Signals that could not be sent.", ["type"])

log = structlog.get_logger(__name__)


class GroupSender(Protocol):
    """What is needed of a channel layer, to send."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send a message to all channels of a group."""
        ...


class Signals:
    """One per process, in its event loop."""

    def __init__(self, *, layer: GroupSender, clock: Clock) -> None:
        self.breaker = Breaker(
            "redis-signals", clock=clock, max_concurrent=MOST_AT_ONCE, proves_alive=answered
        )
        self._layer = layer
        self._tasks = TaskSet()

    def revoked(self, user: str, sids: Sequence[str]) -> None:
        """Have the sockets of sign-ins closed that have ended; to be called after the commit.

        Returns at once, never raises for Redis' sake, and does nothing where ``sids`` is empty.
        """
        for first in range(0, len(sids), control.MOST_SIDS):
            part = sids[first : first + control.MOST_SIDS]
            self._send(control.Revoked(user=UUID(user), sids=tuple(UUID(sid) for sid in part)))

    async def stop(self) -> None:
        """Give up what is still under way."""
        await self._tasks.stop()

    def _send(self, signal: control.Signal) -> None:
        kind = str(signal.__struct_config__.tag)
        self._tasks.spawn(self._send_within(kind, control.to_layer(signal)), name="signal")

    async def _send_within(self, kind: str, message: dict[str, Any]) -> None:
        # Cancelling is safe here: the layer's connection is dropped with it, and is no one else's.
        try:
            with self.breaker.guard():
                async with asyncio.timeout(SEND_WITHIN_S):
                    await self._layer.group_send(control.GROUP, message)
        except Unavailable:
            LOST.labels(kind).inc()
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            LOST.labels(kind).inc()
            log.warning("signal_lost", type=kind, error=describe(error))
        else:
            SENT.labels(kind).inc()
