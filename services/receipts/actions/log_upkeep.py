"""The log of advances gets a partition for each day ahead of it, and loses those that are too old.

Without a partition of its day a row goes to ``advance_unsorted``, so nothing depends on this being
done in time. All steps take short locks only, one transaction each: what cannot be had at once is
tried again later, and whoever writes meanwhile waits, at most, for a step.
"""

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Iterator

import msgspec
import structlog
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2 import sql

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.receipts.selectors.log_days import days_with_partition, today, unsorted_days

DAYS_AHEAD = 7
"""For how long the log goes on in order where nobody looks after it."""
EVERY_S = 3600.0
"""How often each process looks."""
AGAIN_AFTER_S = 30.0
"""How soon it looks again where a lock was not to be had, or the database did not answer."""
LOCK_TIMEOUT_MS = 200
"""Longest wait for a lock of the log. Writers queue behind that wait, so it is short."""
MOVING_TIMEOUT_MS = 20_000
"""Longest time in which the unsorted rows of one day are moved; writers wait for that."""

MOVE = sql.SQL(
    """
    WITH moved AS (DELETE FROM advance_unsorted WHERE logged_at >= %s AND logged_at < %s RETURNING *)
    INSERT INTO {} SELECT * FROM moved
    """
)

FAILURES = metrics.counter(
    "parley_log_upkeep_failures", "Times that upkeep of the log did not get through."
)
DROPPED_ROWS = metrics.counter(
    "parley_log_dropped_rows", "Advances too old to be kept, as PostgreSQL estimates them."
)
UNSORTED_ROWS = metrics.gauge(
    "parley_log_unsorted_rows", "Advances without a partition of their day."
)

log = structlog.get_logger(__name__)


class LogChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What upkeep did.

    Attributes:
        made: days that got a partition.
        moved: rows that went into it.
        dropped: days that are not kept any longer.
        dropped_rows: what was in them, estimated.
    """

    made: list[dt.date] = []
    moved: int = 0
    dropped: list[dt.date] = []
    dropped_rows: int = 0


def look_after_log(*, keep_days: int) -> LogChanges:
    """Make the partitions that are missing, and drop those that are too old. Safe to repeat.

    Args:
        keep_days: whole days before today that are kept.

    Raises:
        OperationalError: a lock was not to be had, or the database did not answer; steps that
            were done are done.
    """
    day = today()
    ahead = {day + dt.timedelta(days=number) for number in range(DAYS_AHEAD + 1)}
    missing = sorted((ahead | unsorted_days().keys()) - days_with_partition())
    moved = {each: make_partition(each) for each in missing}
    oldest = day - dt.timedelta(days=keep_days)
    dropped = {
        each: drop_partition(each) for each in sorted(days_with_partition()) if each < oldest
    }
    UNSORTED_ROWS.set(sum(unsorted_days().values()))
    made = [each for each, rows in moved.items() if rows is not None]
    if made:
        log.info("log_partitions_made", first=str(made[0]), last=str(made[-1]))
    return LogChanges(
        made=made,
        moved=sum(rows or 0 for rows in moved.values()),
        dropped=[each for each, rows in dropped.items() if rows is not None],
        dropped_rows=sum(rows or 0 for rows in dropped.values()),
    )


def make_partition(day: dt.date) -> int | None:
    """Give a day its partition, with the rows of it that are there already.

    Returns:
        How many those are; None where the day has a partition, or another process is at work.

    Raises:
        OperationalError: a lock was not to be had in time; nothing was done.
    """
    name, next_day = _name(day), day + dt.timedelta(days=1)
    begin, end = f"{day} 00:00+00", f"{next_day} 00:00+00"
    with _alone() as cursor:
        if cursor is None or day in days_with_partition():
            return None
        # A milder lock would do; but who chose the unsorted partition for a row of this day before
        # it is attached, and waits for that, would be refused afterwards.
        cursor.execute("LOCK TABLE advance IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"SET LOCAL statement_timeout = {MOVING_TIMEOUT_MS}")
        cursor.execute(f"CREATE TABLE {name} (LIKE advance INCLUDING ALL)")
        cursor.execute(MOVE.format(sql.Identifier(name)), [begin, end])
        moved: int = cursor.rowcount
        cursor.execute(
            f"ALTER TABLE advance ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')"
        )
    return moved


def drop_partition(day: dt.date) -> int | None:
    """Drop a day with all that was logged in it.

    Returns:
        About how many rows that was; None where it is gone, or another process is at work.

    Raises:
        OperationalError: a lock was not to be had in time; nothing was done.
    """
    with _alone() as cursor:
        if cursor is None or day not in days_with_partition():
            return None
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass",
            [_name(day)],
        )
        rows: int = cursor.fetchone()[0]
        cursor.execute(f"DROP TABLE {_name(day)}")
    DROPPED_ROWS.inc(rows)
    log.info("log_partition_dropped", day=str(day), rows=rows)
    return rows


class LogUpkeep:
    """One per process; whichever comes first does it for all.

    Args:
        keep_days: see ``look_after_log``.
        sleep: waits so many seconds.
        chance: a number from 0 to 1, at random: processes that start together part ways.
    """

    def __init__(
        self,
        database: DatabaseThreads,
        *,
        keep_days: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._keep_days = keep_days
        self._sleep = sleep
        self._chance = chance

    async def run(self) -> None:
        """Look at once and then every hour, until cancelled."""
        while True:
            done = await self._try()
            await self._sleep(EVERY_S * (0.5 + self._chance() / 2) if done else AGAIN_AFTER_S)

    async def _try(self) -> bool:
        try:
            await self._database.run(look_after_log, keep_days=self._keep_days)
        except ParleyError as error:
            FAILURES.inc()
            log.info("log_upkeep_waits", code=error.code)
            return False
        except Exception:
            FAILURES.inc()
            log.exception("log_upkeep_bug")
            return False
        return True


@contextlib.contextmanager
def _alone() -> Iterator[CursorWrapper | None]:
    """Give a cursor in a transaction that waits for no lock for long; None to all but one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('parley: upkeep of the log', 0))"
        )
        yield cursor if cursor.fetchone()[0] else None


def _name(day: dt.date) -> str:
    return f"advance_{day:%Y_%m_%d}"
