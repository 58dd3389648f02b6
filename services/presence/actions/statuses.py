"""Writes ``UserStatus``: in batches, of whoever's sessions have changed, and never at a beat."""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence

import structlog
from django.db import connection
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics
from libs.common.clock import instant_of
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.logs import describe
from services.presence.store.reading import Connected, connected, unwritten
from services.presence.store.sessions import SessionStore

WRITE_EVERY_S = 0.5
PEOPLE = 500
"""People in one statement."""

WRITTEN = metrics.counter("parley_presence_statuses_written", "Rows of UserStatus written.")

log = structlog.get_logger(__name__)


class StatusWriter:
    """One per process; several write the same rows without harm: the newer one stays."""

    def __init__(self, *, redis: Redis, store: SessionStore, database: DatabaseThreads) -> None:
        self._redis = redis
        self._store = store
        self._database = database

    async def run(self) -> None:
        """Write for ever; cancel it to stop."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                while await self.write_some() == PEOPLE:
                    pass
            except ParleyError as error:
                log.info("statuses_wait", code=error.code)
            except (RedisError, OSError) as error:
                log.info("statuses_wait", error=describe(error))
            except Exception:
                log.exception("statuses_bug")

    async def write_some(self) -> int:
        """Write people whose sessions have changed; return how many.

        Raises:
            ParleyError: PostgreSQL did not take part; they stay for later.
            redis.RedisError: Redis did not.
        """
        waiting = await unwritten(self._redis, PEOPLE)
        if waiting:
            found = await connected(self._redis, list(waiting))
            await self._database.run(write, waiting, found)
            await self._store.forget_written(waiting)
            WRITTEN.inc(len(waiting))
        return len(waiting)


def write(changed_ms: Mapping[str, int], found: Sequence[Connected]) -> None:
    """Write how people are, where nothing newer is written.

    Args:
        changed_ms: when their sessions changed last, by user.
        found: their sessions as they are now, in the same order.
    """
    rows = sorted(zip(changed_ms, found, strict=True), key=lambda row: row[0])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO user_status (user_id, is_online, last_seen, last_activity,
                                     active_connections, last_ping, changed_ms)
            SELECT * FROM unnest(%s::uuid[], %s::boolean[], %s::timestamptz[], %s::timestamptz[],
                                 %s::int[], %s::timestamptz[], %s::bigint[])
                ON CONFLICT (user_id) DO UPDATE
               SET is_online = excluded.is_online,
                   last_seen = greatest(user_status.last_seen, excluded.last_seen),
                   last_activity = greatest(user_status.last_activity, excluded.last_activity),
                   active_connections = excluded.active_connections,
                   last_ping = greatest(user_status.last_ping, excluded.last_ping),
                   changed_ms = excluded.changed_ms
             WHERE user_status.changed_ms <= excluded.changed_ms
            """,
            [
                [user for user, _ in rows],
                [each.is_told for _, each in rows],
                [_instant(_greatest(each.last_seen_ms, each.last_ping_ms)) for _, each in rows],
                [_instant(each.last_activity_ms) for _, each in rows],
                [each.connections for _, each in rows],
                [_instant(each.last_ping_ms) for _, each in rows],
                [changed_ms[user] for user, _ in rows],
            ],
        )


def _greatest(*times_ms: int | None) -> int | None:
    return max((each for each in times_ms if each is not None), default=None)


def _instant(at_ms: int | None) -> dt.datetime | None:
    return None if at_ms is None else instant_of(at_ms)
