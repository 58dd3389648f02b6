"""The calls of ``fold_receipts`` that some news need, and what their answers tell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from libs.common.events import Advance
from libs.common.postgres import plain_array
from services.receipts.actions.fold.news import News, Own
from services.receipts.domain.watermarks import Claim, Pair, rising, shown_steps

ITEMS_PER_CALL = 2_000
"""Members, claims and own messages in one transaction, about: a tenth of the timeout. What takes
longer would be put off and taken up again for ever."""


class Piece(msgspec.Struct, frozen=True):
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

        An advance may also pass a message that the member wrote elsewhere, and long ago; or one
        that was written here before what stands below it was read.
        """
        sessions = {claim.session for claim in self.claims} | self.own.sessions
        claimed = self.claims[-1] if self.claims else before
        delivered_seq, read_seq = (
            max(before.delivered_seq, claimed.delivered_seq),
            max(before.read_seq, claimed.read_seq),
        )
        own = set(self.own.seqs)
        holds = now.delivered_seq <= delivered_seq or now.delivered_seq in own
        has_read = now.read_seq <= read_seq or all(
            seq in own for seq in range(before.read_seq + 1, now.read_seq + 1)
        )
        return sessions.pop() if len(sessions) == 1 and holds and has_read else None


class Call(msgspec.Struct, frozen=True):
    """Pieces of different members, by member, and the heads of their rooms, ascending."""

    pieces: Sequence[Piece]
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


def calls_for(news: News) -> Iterator[Call]:
    """Yield the calls that take in some news, one after the other."""
    steps = rising(news.claims)
    heads = dict(news.heads)
    for (room, _), claims in steps.items():
        heads[room] = max(heads.get(room, 0), claims[-1].delivered_seq)
    for (room, _), own in news.own.items():
        heads[room] = max([heads.get(room, 0), *own.seqs])
    for pieces in _packed(_pieces(steps, news.own)):
        rooms = sorted({room for room, _ in (piece.member for piece in pieces)})
        yield Call(pieces, heads={room: heads.pop(room, 0) for room in rooms})
    if heads:
        yield Call([], heads=dict(sorted(heads.items())))


def advance_of(piece: Piece, marks: Sequence[int], now_ms: int) -> Advance:
    """Return what is told of a member.

    Args:
        piece: what it came from.
        marks: delivered, read and shown afterwards, and the same before.
        now_ms: dates what follows from no claim.
    """
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


def _pieces(steps: Mapping[Pair, Sequence[Claim]], own: Mapping[Pair, Own]) -> Iterator[Piece]:
    """Cut what is new by member, ascending; a member's claims keep their order."""
    for member in sorted(steps.keys() | own.keys()):
        claims, written = steps.get(member, ()), own.get(member, Own())
        for start in range(0, max(len(claims), len(written.seqs), 1), ITEMS_PER_CALL):
            part = slice(start, start + ITEMS_PER_CALL)
            own_part = msgspec.structs.replace(written, seqs=written.seqs[part])
            yield Piece(member, claims[part], own_part)


def _packed(pieces: Iterable[Piece]) -> Iterator[Sequence[Piece]]:
    """Put pieces together, as many as fit: never two of one member, for the first fills a call."""
    call: list[Piece] = []
    items = 0
    for piece in pieces:
        if call and items + piece.items > ITEMS_PER_CALL:
            yield call
            call, items = [], 0
        call.append(piece)
        items += piece.items
    if call:
        yield call
