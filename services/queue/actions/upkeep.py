"""What is done now and then: marks of heads, expiry, sweeping. Any process may, at any time.

Subscriptions end also where Web Push is switched off: they are not to be there when it is on again.
"""

import asyncio
import datetime as dt

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.queue.actions.expiry import expire_old_messages, mark_heads, sweep
from services.queue.actions.sessions import forget_silent_processes
from services.queue.actions.web_push.subscriptions import end_old
from services.queue.selectors.waiting import queue_stats

EVERY_S = 60.0

WAITING = metrics.gauge(
    "parley_queue_waiting", "Messages that wait, by type; as counted a minute ago.", ["queue_type"]
)
DEAD = metrics.gauge("parley_queue_dead_letters", "Messages that were given up and are kept.")
OLDEST = metrics.gauge(
    "parley_queue_oldest_seconds", "How long the oldest of all that waits has waited."
)

log = structlog.get_logger(__name__)


class Upkeep:
    """One per process."""

    def __init__(self, *, database: DatabaseThreads, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Look after things every minute, until cancelled."""
        while True:
            try:
                await self.look_after()
            except ParleyError as error:
                log.info("upkeep_waits", code=error.code)
            except Exception:
                log.exception("upkeep_bug")
            await asyncio.sleep(EVERY_S)

    async def look_after(self) -> None:
        """Do what is due.

        Raises:
            ParleyError: PostgreSQL did not take part; it is done the next time.
        """
        now = self._clock.now()
        await self._database.run(mark_heads, now=now)
        await self._database.run(expire_old_messages, now=now)
        await self._database.run(sweep, now=now)
        await self._database.run(forget_silent_processes, now=now)
        await self._database.run(end_old, now=now)
        stats = await self._database.run(queue_stats)
        for queue_type in ("incoming", "outgoing", "retry"):
            WAITING.labels(queue_type).set(getattr(stats, queue_type))
        DEAD.set(stats.dead_letters)
        oldest_s = 0.0
        if stats.oldest_at is not None:
            oldest_s = (now - dt.datetime.fromisoformat(stats.oldest_at)).total_seconds()
        OLDEST.set(max(0.0, oldest_s))
