"""What is brought to be folded, by whatever stream."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from services.receipts.domain.watermarks import Claim, Pair


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


def together(several: Sequence[News]) -> News:
    """Return what some news come to: the greatest heads, and all that members claim and wrote."""
    if len(several) == 1:
        return several[0]
    heads: dict[str, int] = {}
    own: defaultdict[Pair, Own] = defaultdict(Own)
    for news in several:
        for room, head in news.heads.items():
            heads[room] = max(head, heads.get(room, 0))
        for member, written in news.own.items():
            own[member].seqs.extend(written.seqs)
            own[member].private |= written.private
            own[member].sessions |= written.sessions
    return News(heads=heads, claims=_all_claims(several), own=own)


def _all_claims(several: Iterable[News]) -> list[tuple[Pair, Claim]]:
    return [claim for news in several for claim in news.claims]
