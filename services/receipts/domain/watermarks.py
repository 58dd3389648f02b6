"""How far members have come, and the only ways in which that moves: up.

``fold_receipts`` does in the database, for many members at once, what ``Watermarks`` says here for
one; tests hold the two together. The order in which claims and messages come never matters.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Self, TypeVar

from libs.common.events import Receipt, RoomMember

Pair = tuple[str, str]
"""A room and a user."""
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a member says to have received and read, as far as the others may know it.

    ``0 <= shown_read_seq <= read_seq <= delivered_seq``.

    Attributes:
        at_ms: when, in Unix milliseconds; None where that is not known.
        session: the one session that knows of it; None where that is nobody, or several.
    """

    delivered_seq: int = 0
    read_seq: int = 0
    shown_read_seq: int = 0
    at_ms: int | None = None
    session: str | None = None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Read what was reported; to have read implies to have received."""
        read_seq = max(receipt.read_seq, 0)
        return cls(
            delivered_seq=max(receipt.delivered_seq, read_seq),
            read_seq=read_seq,
            shown_read_seq=0 if receipt.is_private else read_seq,
            at_ms=receipt.at_ms,
            session=receipt.session,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """A member's three watermarks: ``0 <= shown_read_seq <= read_seq <= delivered_seq``."""

    delivered_seq: int = 0
    read_seq: int = 0
    shown_read_seq: int = 0

    @classmethod
    def known_to_chat(cls, member: RoomMember) -> Self:
        """Read chat's projection of a member, as it is."""
        shown = member.shown_read_seq
        return cls(
            delivered_seq=member.delivered_seq,
            read_seq=member.read_seq,
            shown_read_seq=member.read_seq if shown is None else shown,
        )

    def after(self, claim: Claim) -> "Watermarks":
        """Return them with a claim taken in: the greatest of each."""
        return Watermarks(
            delivered_seq=max(self.delivered_seq, claim.delivered_seq),
            read_seq=max(self.read_seq, claim.read_seq),
            shown_read_seq=max(self.shown_read_seq, claim.shown_read_seq),
        )

    def past_own(self, own: Set[int], private: Set[int] = frozenset()) -> "Watermarks":
        """Return them moved past messages of the member's own that stand right above them.

        Whoever wrote a message has read it, but what others wrote below it they may not have. To
        the others ``read_seq`` moves only where they know it, and past nothing that is private.

        Args:
            own: seqs of all messages of the member's own.
            private: those of them by which the others learn nothing.
        """
        read_seq = _past(self.read_seq, own)
        is_known = self.shown_read_seq == self.read_seq
        return Watermarks(
            delivered_seq=max(_past(self.delivered_seq, own), read_seq),
            read_seq=read_seq,
            shown_read_seq=_past(self.shown_read_seq, own - private if is_known else ()),
        )


def _past(seq: int, own: Collection[int]) -> int:
    while seq + 1 in own:
        seq += 1
    return seq


def rising(claims: Iterable[tuple[K, Claim]]) -> dict[K, Sequence[Claim]]:
    """Return the claims of each member by time, each above the one before.

    Each step is a row of the log: what a late batch holds of one member keeps its times. What adds
    nothing goes, and so do members of whom nothing is left.
    """
    by_member: defaultdict[K, list[Claim]] = defaultdict(list)
    for member, claim in claims:
        by_member[member].append(claim)
    steps_by_member = ((member, _rising(found)) for member, found in by_member.items())
    return {member: steps for member, steps in steps_by_member if steps}


def _rising(claims: list[Claim]) -> Sequence[Claim]:
    if len(claims) == 1:
        return claims if claims[0].delivered_seq else ()
    steps: list[Claim] = []
    reached = Watermarks()
    for claim in sorted(claims, key=lambda claim: claim.at_ms or 0):
        after = reached.after(claim)
        if after != reached:
            reached = after
            steps.append(
                Claim(
                    delivered_seq=after.delivered_seq,
                    read_seq=after.read_seq,
                    shown_read_seq=after.shown_read_seq,
                    at_ms=claim.at_ms,
                    session=claim.session,
                )
            )
    return steps


def shown_steps(steps: Sequence[Claim], *, before: Claim) -> Sequence[Claim]:
    """Return those steps by which the others learn more: not what was only read in private.

    Args:
        steps: as ``rising`` returns them.
        before: where the member was.
    """
    delivered_seq, shown_read_seq = before.delivered_seq, before.shown_read_seq
    found: list[Claim] = []
    for step in steps:
        if step.delivered_seq > delivered_seq or step.shown_read_seq > shown_read_seq:
            found.append(step)
        delivered_seq = max(delivered_seq, step.delivered_seq)
        shown_read_seq = max(shown_read_seq, step.shown_read_seq)
    return found
