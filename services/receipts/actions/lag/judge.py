"""Every second, who fell behind and who caught up: by one process for all.

It holds a lock of its connection's session, and does everything over that connection: whoever lost
the lock lost the connection, and can write nothing. A head is judged when it has been known for
two seconds, so of members who acknowledge in time no row is ever written.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping

import psycopg2
import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.ids import BEFORE_ALL
from libs.common.postgres import CannotConnect, Connection, ConnectionLost
from services.receipts.actions.lag.judging import (
    SILENCE_TIMEOUT_S,
    STATEMENT_TIMEOUT_MS,
    judge,
)
from services.receipts.domain.heads import HeadsSeen
from services.receipts.domain.watermarks import Pair

EVERY_S = 1.0
AFTER_S = 2.0
"""For how long a head is known before it is judged: the time that members have to acknowledge."""
ROOMS_SEEN = 10_000
"""Rooms that wait to be judged and are looked at in one second; where more wait, in turns."""
ROOMS = 300
MOVED = 1_000
"""Rooms, and laggards whose watermark moved, in one transaction: bounds how long it locks them."""
COUNT_EVERY_S = 60.0
"""How often the laggards are counted; in between the number follows what the judge does."""
CONNECT_TIMEOUT_S = 1.0
LOCK_TIMEOUT_MS = 1_000
"""Longest wait for rooms that are being folded."""
SILENT_HOLDER_S = 10
"""A holder that hangs for so long loses its connection, and so the lock."""

SETUP = (
    "set application_name = 'parley-receipts-lag';"
    f"set statement_timeout = {STATEMENT_TIMEOUT_MS};"
    f"set lock_timeout = {LOCK_TIMEOUT_MS};"
    f"set idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS};"
    f"set idle_session_timeout = '{SILENT_HOLDER_S} s';"
    # By index, whatever the tables were like when they were last analysed.
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
    "set jit = off"
)
TAKE_LOCK = "select pg_try_advisory_lock(hashtextextended('parley: who lags', 0))"
WAITING_ROOMS = """
select id::text, head from room
 where is_due and id > %s::uuid order by room.id limit %s
"""
MOVED_LAGGARDS = """
select room_id::text, user_id::text from laggard
 where moved and (room_id, user_id) > (%s::uuid, %s::uuid)
 order by laggard.room_id, laggard.user_id limit %s
"""
"""Ordered by the columns, as their indexes are: an output's bare name would mean the text."""
COUNT = "select count(*) from laggard"
BEGINNING = str(BEFORE_ALL)

IS_HOLDER = metrics.gauge("parley_lag_is_holder", "Whether this process judges who lags.")
LAGGING = metrics.gauge("parley_lag_members", "Members who lag, as the process that judges knows.")
JUDGED_ROOMS = metrics.counter("parley_lag_judged_rooms", "Rooms judged at a new head.")
LOOK_SECONDS = metrics.histogram(
    "parley_lag_look_seconds", "Time that one look took, by its judge."
)
FAILURES = metrics.counter("parley_lag_failures", "Looks that failed, and are made again.")

log = structlog.get_logger(__name__)


class LagJudge:
    """One per process.

    Args:
        dsn: of the database.
        clock: its monotonic side measures for how long heads are known.
        on_judged: called after each COMMIT that left a row in the outbox.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        *,
        dsn: str,
        clock: Clock,
        on_judged: Callable[[], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._dsn = dsn
        self._clock = clock
        self._on_judged = on_judged
        self._sleep = sleep
        self._connection: Connection | None = None
        self._is_holder = False
        self._let_go()

    async def run(self) -> None:
        """Look every second until cancelled; no failure ends it."""
        try:
            while True:
                began_s = self._clock.monotonic()
                await self._try()
                await self._sleep(max(0.0, began_s + EVERY_S - self._clock.monotonic()))
        finally:
            self._let_go()

    async def look(self) -> bool:
        """Judge what is due, where this process holds the lock or gets it; tell whether it does.

        Raises:
            CannotConnect: nothing was done.
            ConnectionLost: the lock is gone; what was done is done.
            psycopg2.Error: the server refused a step; the steps before it are done.
        """
        connection = await self._connected()
        if not self._is_holder:
            ((self._is_holder,),) = await connection.run(TAKE_LOCK, (), timeout_s=SILENCE_TIMEOUT_S)
            if not self._is_holder:
                return False
            log.info("lag_judge_begins")
            IS_HOLDER.set(1)
        with LOOK_SECONDS.time():
            await self._count(connection)
            await self._see_heads(connection)
            await self._judge_due(connection)
        return True

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.ended:
            self._let_go()
            self._connection = await Connection.open(
                self._dsn, setup=SETUP, timeout_s=CONNECT_TIMEOUT_S
            )
        return self._connection

    def _let_go(self) -> None:
        """Give up connection, lock, and what only who holds it knows."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._is_holder = False
        self._heads = HeadsSeen()
        self._seen_up_to = BEGINNING
        self._counted_at_s = -math.inf
        IS_HOLDER.set(0)
        LAGGING.set(0)

    async def _see_heads(self, connection: Connection) -> None:
        rows = await connection.run(
            WAITING_ROOMS, (self._seen_up_to, ROOMS_SEEN), timeout_s=SILENCE_TIMEOUT_S
        )
        now_s = self._clock.monotonic()
        for room, head in rows:
            self._heads.note(room, head, now_s=now_s)
        self._seen_up_to = rows[-1][0] if len(rows) == ROOMS_SEEN else BEGINNING

    async def _judge_due(self, connection: Connection) -> None:
        before_s = self._clock.monotonic() - AFTER_S
        last: Pair | None = (BEGINNING, BEGINNING)
        while True:
            due = self._heads.due(before_s=before_s, limit=ROOMS)
            moved = await self._moved_after(connection, last)
            last = moved[-1] if len(moved) == MOVED else None
            if not due and not moved:
                return
            await self._judge(connection, due, moved)

    async def _moved_after(self, connection: Connection, last: Pair | None) -> list[Pair]:
        if last is None:
            return []
        rows = await connection.run(MOVED_LAGGARDS, (*last, MOVED), timeout_s=SILENCE_TIMEOUT_S)
        return [(room, user) for room, user in rows]

    async def _judge(
        self, connection: Connection, due: Mapping[str, int], moved: list[Pair]
    ) -> None:
        judged = await judge(connection, due, moved)
        for room, head in judged.heads.items():
            self._heads.forget(room, head)
        JUDGED_ROOMS.inc(len(judged.heads))
        LAGGING.inc(judged.lagging - judged.caught_up)
        if judged.is_news:
            self._on_judged()

    async def _count(self, connection: Connection) -> None:
        """Count anew now and then: members who leave take their rows with them."""
        now_s = self._clock.monotonic()
        if now_s - self._counted_at_s < COUNT_EVERY_S:
            return
        ((count,),) = await connection.run(COUNT, (), timeout_s=SILENCE_TIMEOUT_S)
        LAGGING.set(count)
        self._counted_at_s = now_s

    async def _try(self) -> None:
        try:
            await self.look()
        except CannotConnect as error:
            log.info("lag_judge_waits", error=str(error))
        except (ConnectionLost, psycopg2.Error) as error:
            FAILURES.inc()
            log.warning("lag_judge_failed", error=str(error).strip())
        except Exception:
            FAILURES.inc()
            log.exception("lag_judge_bug")
            self._let_go()
