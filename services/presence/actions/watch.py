"""Looks at what is due, twice a second: who is gone for good, whose process is silent.

Any number of processes may look: what a script tells, it tells once. Silence proves something only
to a process that has listened all the while (``domain.sight``).
"""

import asyncio
import math

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.events import PresenceBeat
from libs.common.logs import describe
from libs.common.streams.entries import Outgoing
from libs.common.streams.epoch import Epoch
from libs.common.streams.names import stream_key
from libs.common.streams.positions import group_positions
from libs.common.streams.publisher import Publisher
from services.presence.domain.sight import MOST_BEHIND_S, Sight
from services.presence.selectors.people import written_online
from services.presence.store import CHAT_SESSIONS, GROUP, PRESENCE_EVENTS
from services.presence.store.reading import (
    not_recalled,
    note_recalled,
    redis_now_ms,
    totals,
)
from services.presence.store.sessions import GRACE_MS, LEASE_MS, SessionStore

LOOK_EVERY_S = 0.5
BEAT_EVERY_S = 5.0
"""Chat takes three beats that are missing for an outage."""
RECALL_AFTER_MS = LEASE_MS + GRACE_MS
"""Age from which data prove that whoever is not in them is not there."""
PEOPLE = 1_000
"""People who are recalled at once."""

IS_CLEAR = metrics.gauge(
    "parley_presence_silence_counts", "1 where silent processes lose sessions."
)
BEHIND = metrics.gauge(
    "parley_presence_behind_seconds", "Age of the oldest news of sessions that nobody has handled."
)
PEOPLE_THERE = metrics.gauge("parley_presence_people", "People who are there.", ["status"])
PROCESSES = metrics.gauge("parley_presence_processes", "Processes of chat that hold sessions.")
TOLD_LATE = metrics.counter(
    "parley_presence_settled", "Changes told when their time had come: after the grace, or a lease."
)

log = structlog.get_logger(__name__)


class Watch:
    """One per process.

    Args:
        redis: a client made by ``connect_blocking``.
        epoch: shared by the process.
    """

    def __init__(
        self,
        *,
        redis: Redis,
        store: SessionStore,
        publisher: Publisher,
        database: DatabaseThreads,
        epoch: Epoch,
        clock: Clock,
    ) -> None:
        self._redis = redis
        self._store = store
        self._publisher = publisher
        self._database = database
        self._epoch = epoch
        self._clock = clock
        self._sight = Sight(clear_after_s=LEASE_MS / 1000)

    async def run(self) -> None:
        """Look for ever; cancel it to stop."""
        beat_at_s = -math.inf
        while True:
            now_s = self._clock.monotonic()
            is_due = now_s - beat_at_s >= BEAT_EVERY_S
            try:
                await self.look(beat=is_due)
                beat_at_s = now_s if is_due else beat_at_s
            except ParleyError as error:
                log.info("watch_waits", code=error.code)
            except (RedisError, OSError) as error:
                log.info("watch_waits", error=describe(error))
            except Exception:
                log.exception("watch_bug")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, *, beat: bool) -> None:
        """Tell what is due, unless the stream says more than we have read of it.

        Args:
            beat: also tell that presence works.

        Raises:
            ParleyError: PostgreSQL did not take part, or a beat was not taken.
            redis.RedisError: Redis did not answer.
        """
        epoch = await self._epoch.check()
        behind_s = await self._behind_s()
        BEHIND.set(behind_s)
        self._sight.look(self._clock.monotonic(), epoch=epoch, behind_s=behind_s)
        is_clear = self._sight.is_clear(self._clock.monotonic())
        IS_CLEAR.set(is_clear)
        if behind_s > MOST_BEHIND_S:
            return
        more = True
        while more:
            settled = await self._store.settle(silence_counts=is_clear)
            TOLD_LATE.inc(settled.told)
            more = settled.more
        if beat:
            await self._publisher.publish([Outgoing(PRESENCE_EVENTS, 0, [PresenceBeat()])])
            await self._count()
            if is_clear:
                await self._recall()

    async def _behind_s(self) -> float:
        """Return the age of the oldest entry that is not acknowledged; 0 where there is none."""
        positions = await group_positions(self._redis, stream_key(CHAT_SESSIONS), [GROUP])
        first = min((each.first_unacked for each in positions if each.first_unacked), default=None)
        if first is None:
            return 0.0
        return max(0.0, (await redis_now_ms(self._redis) - first.ms) / 1000)

    async def _count(self) -> None:
        found = await totals(self._redis)
        PEOPLE_THERE.labels("online").set(found.online)
        PEOPLE_THERE.labels("away").set(found.away)
        PROCESSES.set(found.processes)

    async def _recall(self) -> None:
        """Tell of people who were there, as it is written, before these data began."""
        since_ms = await not_recalled(self._redis)
        if since_ms is None or await redis_now_ms(self._redis) - since_ms < RECALL_AFTER_MS:
            return
        after: str | None = ""
        while after is not None:
            some = await self._database.run(written_online, after=after, limit=PEOPLE)
            await self._store.recall(some)
            after = some[-1][0] if len(some) == PEOPLE else None
        await note_recalled(self._redis, since_ms)
        log.info("presence_recalled")
