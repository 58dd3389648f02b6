"""Raises heads and watermarks: one call of ``fold_receipts`` a batch, on a connection of its own.

Handlers of three streams fold side by side. Here they become one call, whatever has come meanwhile:
a call has its price, however little it brings, and two at once would wait for each other's rooms.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import psycopg2

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.events import Advance
from libs.common.postgres import PLANNED_ONCE, Link, link_breaker, plain_array
from services.receipts.actions.fold.call import Call, advance_of, calls_for
from services.receipts.actions.fold.news import Membership, News, together

STATEMENT_TIMEOUT_MS = 2_000
"""Longest call, by the server's clock."""
SILENCE_TIMEOUT_S = 2.5
"""Longest wait for an answer: the server's own timeout and some travelling."""
LOCK_TIMEOUT_MS = 500
"""Longest wait for a room in which a replica folds."""
EVERY_S = 0.03
"""Shortest time from one fold to the next, so that several find company. The first after a pause does
not wait."""
SHARE = 0.25
"""Of the time, what folds may take: the longer the last one took, the more find company in the next."""
LONGEST_REST_S = 0.1
"""Longest time from one fold to the next for the sake of company."""
SETUP = (
    "set application_name = 'parley-receipts-fold';"
    "set synchronous_commit = on;"
    f"set statement_timeout = {STATEMENT_TIMEOUT_MS};"
    f"set lock_timeout = {LOCK_TIMEOUT_MS};"
    f"set idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS};"
    f"{PLANNED_ONCE}"
)
FOLD = (
    "select * from fold_receipts(%s::uuid[], %s::bigint[], %s::uuid[], %s::uuid[], %s::int[],"
    " %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[],"
    " %s::boolean[], %s::bigint[])"
)
SET_MEMBERS = "select set_members(%s::uuid, %s, %s, %s::uuid[], %s::bigint[])"
JUDGE_ANEW = """
update room set judged_head = 0, is_due = true
 where id = %s::uuid and exists (
       select from watermark w
        where w.room_id = room.id and w.present and w.delivered_seq < room.judged_head
          and not exists (select from laggard l
                           where l.room_id = w.room_id and l.user_id = w.user_id))
"""
"""A room that was judged before its members were known is due again: else nobody of them would be
told to lag before somebody writes once more."""

OUTAGES: tuple[type[Exception], ...] = (psycopg2.OperationalError,)
"""What ``Folder`` raises, besides ``libs.common.postgres``' own, where the data are not at fault."""

CLAIMS = metrics.counter("parley_receipts_claims", "Claims of members that were folded.")
ADVANCES = metrics.counter("parley_receipts_advances", "Members whose watermarks went up.")
FOLD_MEMBERS = metrics.histogram(
    "parley_receipts_fold_members", "Members in one fold.", buckets=metrics.SIZE_BUCKETS
)
FOLD_SECONDS = metrics.histogram("parley_receipts_fold_seconds", "Time that one fold took.")


class _Turn(msgspec.Struct, eq=False):
    """Somebody who waits for news to be folded; ``error`` is why they were not."""

    news: News
    done: bool = False
    error: Exception | None = None


class Folder:
    """One per process.

    Args:
        dsn: of the database.
        clock: dates advances that follow from no claim; measures.
        on_advanced: told of the outbox row and what it announces, after COMMIT.
        take_published: hands over outbox rows whose news is out, to be deleted in passing.
        put_back_published: takes back rows that were not deleted after all.
    """

    def __init__(
        self,
        *,
        dsn: str,
        clock: Clock,
        on_advanced: Callable[[int, Sequence[Advance]], None],
        take_published: Callable[[], list[int]],
        put_back_published: Callable[[Sequence[int]], None],
    ) -> None:
        self.breaker = link_breaker("postgres-fold", clock=clock)
        self._link = Link(dsn, setup=SETUP, silence_s=SILENCE_TIMEOUT_S, breaker=self.breaker)
        self._clock = clock
        self._on_advanced = on_advanced
        self._take_published = take_published
        self._put_back_published = put_back_published
        self._one_at_a_time = asyncio.Lock()
        self._waiting: list[_Turn] = []
        self._next_at_s = 0.0

    async def fold(self, news: News) -> None:
        """Take in what a batch brought. Repeating it changes nothing.

        Raises:
            CannotConnect, Unavailable: nothing, or only a part, was done.
            ConnectionLost: perhaps all was done.
            psycopg2.Error: the server refused; at most a part was done.
        """
        turn = _Turn(news)
        self._waiting.append(turn)
        async with self._one_at_a_time:
            if not turn.done:
                await self._fold_waiting()
        if turn.error is not None:
            raise turn.error

    async def set_members(self, memberships: Iterable[Membership]) -> None:
        """Keep who is in some rooms, where that is news.

        Raises: as ``fold``.
        """
        for each in memberships:
            users = sorted(each.joined_seqs)
            joined = [each.joined_seqs[user] for user in users]
            async with self._one_at_a_time:
                await self._run(
                    SET_MEMBERS,
                    each.room,
                    each.version,
                    each.open_history,
                    plain_array(users),
                    plain_array(joined),
                )
                await self._run(JUDGE_ANEW, each.room)

    def close(self) -> None:
        """Drop the connection; the next call would make a new one."""
        self._link.drop()

    async def _fold_waiting(self) -> None:
        """Fold what everybody who waits has brought, in one go; by themselves, where that fails."""
        await asyncio.sleep(self._next_at_s - self._clock.monotonic())
        began_s = self._clock.monotonic()
        self._next_at_s = began_s + EVERY_S
        turns, self._waiting = self._waiting, []
        try:
            await self._fold_news(together([turn.news for turn in turns]))
        except asyncio.CancelledError:
            self._waiting[:0] = turns  # the others still wait; repeating ours changes nothing
            raise
        except Exception as error:  # noqa: BLE001 - handed to all whose news it is, who raise it
            for turn in turns:
                turn.error = error
                if len(turns) > 1 and _is_of_data(error):
                    turn.error = await self._failure_of(turn.news)
        took_s = self._clock.monotonic() - began_s
        self._next_at_s = began_s + from_fold_to_fold_s(took_s)
        for turn in turns:
            turn.done = True

    async def _failure_of(self, news: News) -> Exception | None:
        try:
            await self._fold_news(news)
        except Exception as error:  # noqa: BLE001 - handed to whose news it is, who raises it
            return error
        return None

    async def _fold_news(self, news: News) -> None:
        CLAIMS.inc(len(news.claims))
        for call in calls_for(news):
            await self._fold(call)

    async def _fold(self, call: Call) -> None:
        rows = await self._fold_and_delete_published(call)
        outbox_id, raised, *columns = rows[0]
        if outbox_id is None:
            return
        now_ms = round(self._clock.now().timestamp() * 1000)
        advances = [
            advance_of(call.pieces[place - 1], marks, now_ms)
            for place, *marks in zip(raised, *columns, strict=True)
        ]
        ADVANCES.inc(len(advances))
        self._on_advanced(outbox_id, advances)

    async def _fold_and_delete_published(self, call: Call) -> list[tuple[Any, ...]]:
        began_s = self._clock.monotonic()
        FOLD_MEMBERS.observe(len(call.pieces))
        published = self._take_published()
        try:
            return await self._run(FOLD, *call.arguments(), plain_array(published))
        except BaseException:
            self._put_back_published(published)
            raise
        finally:
            FOLD_SECONDS.observe(self._clock.monotonic() - began_s)

    async def _run(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return await self._link.run(sql, parameters)


def from_fold_to_fold_s(took_s: float) -> float:
    """Return how long after the beginning of a fold the next one may begin."""
    return max(EVERY_S, min(took_s / SHARE, LONGEST_REST_S))


def _is_of_data(error: Exception) -> bool:
    """Tell whether an error is about what was brought, so that somebody else's may be all right."""
    return isinstance(error, psycopg2.Error | ValueError) and not isinstance(error, OUTAGES)
