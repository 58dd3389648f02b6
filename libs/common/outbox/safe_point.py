"""The safe point of a service, in its PostgreSQL: where it is, and what it takes to move it.

The tables are the service's own, and called alike: ``outbox``, whose ``created_at`` is when the
writing transaction began, and ``safe_point`` with its one row. All times are of PostgreSQL's clock.
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial

from django.db import connection
from redis.asyncio import Redis

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.streams.names import StreamTable, keys_and_groups
from libs.common.streams.safe_point import SafePointMover


def safe_point_mover(
    *,
    redis: Redis,
    streams: StreamTable,
    partitions: int,
    database: DatabaseThreads,
    clock: Clock,
    healthy_life: Callable[[], Awaitable[str | None]],
) -> SafePointMover:
    """Return what moves the safe point of a service.

    Args:
        redis: any client.
        streams: those that the service writes.
        partitions: how many each of them has.
        database: the service's own.
        clock: measures.
        healthy_life: see ``SafePointMover``.
    """
    return SafePointMover(
        redis=redis,
        groups=keys_and_groups(streams, partitions),
        clock=clock,
        healthy_life=healthy_life,
        told_before=partial(database.run, all_told_before),
        reach=lambda instant: database.run(reach, instant),
    )


def safe_point() -> dt.datetime | None:
    """Return since when news may have been missed; None where that is not known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(reached_at) FROM safe_point")
        reached_at: dt.datetime | None = cursor.fetchone()[0]
    return reached_at


def reach(instant: dt.datetime) -> dt.datetime:
    """Move the safe point up to ``instant``, never back; return where it is now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO safe_point (id, reached_at) VALUES (1, %s)
                ON CONFLICT (id) DO UPDATE
               SET reached_at = greatest(safe_point.reached_at, excluded.reached_at)
            RETURNING reached_at
            """,
            [instant],
        )
        reached_at: dt.datetime = cursor.fetchone()[0]
    return reached_at


def all_told_before() -> dt.datetime:
    """Return a time: everything from before it has left the outbox.

    Everything, also what a transaction that goes on would commit. To be called in autocommit. The
    role must see what its own sessions do, as it does unless it was forbidden.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND backend_type = 'client backend'
            """
        )
        (all_ended_before,) = cursor.fetchone()
        # Only now: the row of a transaction that ended before the first statement is seen.
        cursor.execute("SELECT least(%s, min(created_at)) FROM outbox", [all_ended_before])
        told_before: dt.datetime = cursor.fetchone()[0]
    return told_before
