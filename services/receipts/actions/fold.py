"""Raises heads and watermarks: one call of ``fold_receipts`` a batch, on a connection of its own.

Handlers of three streams fold side by side; here they follow each other, because calls that run at
once would mostly wait for each other's rooms.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import psycopg2

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.events import Advance
from libs.common.postgres import Link, link_breaker, plain_array
from services.receipts.domain.watermarks import Claim, Pair, rising, shown_steps

STATEMENT_TIMEOUT_MS = 2_000
"""Longest call, by the server's clock."""
SILENCE_TIMEOUT_S = 2.5
"""Longest wait for an answer: the server's own timeout and some travelling."""
LOCK_TIMEOUT_MS = 500
"""Longest wait for a room in which a replica folds."""
ITEMS_PER_CALL = 2_000
"""Members, claims and own messages in one transaction, about: a tenth of the timeout. What takes
longer would be put off and taken up again for ever."""

SETUP = (
    "set application_name = 'parley-receipts-fold';"
    "set synchronous_commit = on;"
    f"set statement_timeout = {STATEMENT_TIMEOUT_MS};"
    f"set lock_timeout = {LOCK_TIMEOUT_MS};"
    f"set idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS};"
    # By index, and in its order, whatever the tables were like when the plans were made.
    "set plan_cache_mode = force_generic_plan;"
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
    "set enable_bitmapscan = off;"
    "set jit = off"
)
FOLD = (
    "select * from fold_receipts(%s::uuid[], %s::bigint[], %s::uuid[], %s::uuid[], %s::int[],"
    " %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[],"
    " %s::boolean[], %s::bigint[])"
)
SET_MEMBERS = "select set_members(%s::uuid, %s, %s, %s::uuid[], %s::bigint[])"
JUDGE_ANEW = """
update room set judged_head = 0
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


class Own(msgspec.Struct, kw_only=True):
    """Messages that a member wrote.

    Attributes:
        seqs: in any order.
        private: those of them by which the others learn nothing of what was read.
        sessions: that they came from; None for one that is not known.
    """

    seqs: list[int] = msgspec.field(default_factory=list)
    private: set[int] = msgspec.field(default_factory=set)
    sessions: set[str | None] = msgspec.field(default_factory=set)


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch brought.

    Attributes:
        heads: by room; a claim raises the head of its room by itself.
        claims: in any order; they may repeat.
        own: messages by their author.
    """

    heads: Mapping[str, int] = msgspec.field(default_factory=dict)
    claims: Sequence[tuple[Pair, Claim]] = ()
    own: Mapping[Pair, Own] = msgspec.field(default_factory=dict)


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """Who is in a room: the users who are present, with their ``joined_seq``."""

    room: str
    version: int
    open_history: bool
    joined_seqs: Mapping[str, int]


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

    async def fold(self, news: News) -> None:
        """Take in what a batch brought. Repeating it changes nothing.

        Raises:
            CannotConnect, Unavailable: nothing, or only a part, was done.
            ConnectionLost: perhaps all was done.
            psycopg2.Error: the server refused; at most a part was done.
        """
        steps = rising(news.claims)
        CLAIMS.inc(len(news.claims))
        heads = dict(news.heads)
        for (room, _), claims in steps.items():
            heads[room] = max(heads.get(room, 0), claims[-1].delivered_seq)
        for (room, _), own in news.own.items():
            heads[room] = max([heads.get(room, 0), *own.seqs])
        for pieces in _calls(_pieces(steps, news.own)):
            rooms = sorted({room for room, _ in (piece.member for piece in pieces)})
            await self._fold(_Call(pieces, heads={room: heads.pop(room, 0) for room in rooms}))
        if heads:
            await self._fold(_Call([], heads=dict(sorted(heads.items()))))

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

    async def _fold(self, call: "_Call") -> None:
        async with self._one_at_a_time:
            rows = await self._fold_and_delete_published(call)
        outbox_id, raised, *columns = rows[0]
        if outbox_id is None:
            return
        now_ms = round(self._clock.now().timestamp() * 1000)
        advances = [
            _advance(call.pieces[place - 1], marks, now_ms)
            for place, *marks in zip(raised, *columns, strict=True)
        ]
        ADVANCES.inc(len(advances))
        self._on_advanced(outbox_id, advances)

    async def _fold_and_delete_published(self, call: "_Call") -> list[tuple[Any, ...]]:
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


class _Piece(msgspec.Struct, frozen=True):
    """What is new of a member; of one of whom there is very much, a part of it."""

    member: Pair
    claims: Sequence[Claim]
    own: Own

    @property
    def items(self) -> int:
        """What it weighs: see ``ITEMS_PER_CALL``."""
        return 1 + len(self.claims) + len(self.own.seqs)

    def session_that_knows(self, now: Claim, *, before: Claim) -> str | None:
        """Return the one session that knows all of an advance; None where that is nobody.

        An advance may also pass a message that the member wrote elsewhere, and long ago.
        """
        sessions = {claim.session for claim in self.claims} | self.own.sessions
        claimed = self.claims[-1] if self.claims else before
        if len(sessions) != 1 or not (
            self._tells(now.delivered_seq, max(before.delivered_seq, claimed.delivered_seq))
            and self._tells(now.read_seq, max(before.read_seq, claimed.read_seq))
        ):
            return None
        return sessions.pop()

    def _tells(self, seq: int, claimed_seq: int) -> bool:
        return seq <= claimed_seq or seq in self.own.seqs


class _Call(msgspec.Struct, frozen=True):
    """Pieces of different members, by member, and the heads of their rooms, ascending."""

    pieces: Sequence[_Piece]
    heads: Mapping[str, int]

    def arguments(self) -> Sequence[str]:
        """Return the arrays of ``fold_receipts``, but the last."""
        claims = [
            (place, claim)
            for place, piece in enumerate(self.pieces, start=1)
            for claim in piece.claims
        ]
        written = [
            (place, seq, seq in piece.own.private)
            for place, piece in enumerate(self.pieces, start=1)
            for seq in piece.own.seqs
        ]
        return [
            plain_array(list(column))
            for column in (
                self.heads.keys(),
                self.heads.values(),
                [piece.member[0] for piece in self.pieces],
                [piece.member[1] for piece in self.pieces],
                [place for place, _ in claims],
                [claim.delivered_seq for _, claim in claims],
                [claim.read_seq for _, claim in claims],
                [claim.shown_read_seq for _, claim in claims],
                [claim.at_ms for _, claim in claims],
                [place for place, _, _ in written],
                [seq for _, seq, _ in written],
                [is_private for _, _, is_private in written],
            )
        ]


def _advance(piece: _Piece, marks: Sequence[int], now_ms: int) -> Advance:
    room, user = piece.member
    now, before = (
        Claim(delivered_seq=delivered_seq, read_seq=read_seq, shown_read_seq=shown_read_seq)
        for delivered_seq, read_seq, shown_read_seq in (marks[:3], marks[3:])
    )
    is_hidden = (now.delivered_seq, now.shown_read_seq) == (
        before.delivered_seq,
        before.shown_read_seq,
    )
    claims = piece.claims if is_hidden else shown_steps(piece.claims, before=before)
    at_ms = claims[-1].at_ms if claims else None
    return Advance(
        room=room,
        user=user,
        delivered_seq=now.delivered_seq,
        read_seq=now.read_seq,
        shown_read_seq=now.shown_read_seq,
        at_ms=now_ms if at_ms is None else min(at_ms, now_ms),
        session=piece.session_that_knows(now, before=before),
        is_own=not piece.claims,
        is_hidden=is_hidden,
    )


def _pieces(steps: Mapping[Pair, Sequence[Claim]], own: Mapping[Pair, Own]) -> Iterator[_Piece]:
    """Cut what is new by member, ascending; a member's claims keep their order."""
    for member in sorted(steps.keys() | own.keys()):
        claims, written = steps.get(member, ()), own.get(member, Own())
        for start in range(0, max(len(claims), len(written.seqs), 1), ITEMS_PER_CALL):
            part = slice(start, start + ITEMS_PER_CALL)
            own_part = msgspec.structs.replace(written, seqs=written.seqs[part])
            yield _Piece(member, claims[part], own_part)


def _calls(pieces: Iterable[_Piece]) -> Iterator[Sequence[_Piece]]:
    """Put pieces together, as many as fit: never two of one member, for the first fills a call."""
    call: list[_Piece] = []
    items = 0
    for piece in pieces:
        if call and items + piece.items > ITEMS_PER_CALL:
            yield call
            call, items = [], 0
        call.append(piece)
        items += piece.items
    if call:
        yield call
