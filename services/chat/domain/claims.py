"""What a member claims to have received and read, and how many claims become few.

Merging loses no watermark, and tells nobody what was not theirs to know: what was claimed publicly
stays public, and what was read privately never becomes so. That takes two claims at most.
"""

from typing import NamedTuple, Protocol, Self

import msgspec

from libs.common.events import Receipt

Key = tuple[str, str]
"""Whose claim it is: a room, and a user."""


class Marks(Protocol):
    """How far a member is known to have come: an advance, or a row."""

    @property
    def delivered_seq(self) -> int:
        """Everything up to it was received."""
        ...

    @property
    def read_seq(self) -> int:
        """Everything up to it was read."""
        ...

    @property
    def shown_read_seq(self) -> int:
        """``read_seq`` as the others may know it."""
        ...


class Claims(NamedTuple):
    """The claims of one member of one room, merged as far as they may be."""

    public: Receipt | None = None
    private: Receipt | None = None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Return a single claim."""
        return cls(private=receipt) if receipt.is_private else cls(public=receipt)

    @property
    def receipts(self) -> list[Receipt]:
        """The claims that are left: none, one or two."""
        return [each for each in self if each is not None]

    def merged(self, other: "Claims") -> "Claims":
        """Return both together; a claim that adds nothing to the other one is dropped."""
        public = _greatest(self.public, other.public)
        private = _greatest(self.private, other.private)
        if public is not None and private is not None:
            if _covers(public, private):
                return Claims(public=public)
            if public.read_seq == 0 and _covers(private, public):
                return Claims(private=private)
        return Claims(public, private)

    def covers(self, receipt: Receipt) -> bool:
        """Tell whether a claim adds nothing to these."""
        if self.public is not None and _covers(self.public, receipt):
            return True
        may_cover = receipt.is_private or receipt.read_seq == 0
        return may_cover and self.private is not None and _covers(self.private, receipt)

    def hidden(self) -> "Claims":
        """Return them with nothing left to be shown of what was read."""
        if self.public is None:
            return self
        return Claims(private=_as_private(self.public)).merged(Claims(private=self.private))

    def clamped(self, last_seq: int) -> "Claims":
        """Return them as far as there are messages; nothing of an empty room."""
        if last_seq < 1:
            return NO_CLAIMS
        return Claims(*(each and clamped(each, last_seq) for each in self))

    def beyond(self, marks: Marks) -> "Claims":
        """Return what is not reached yet, by what is known of the member."""
        return Claims(*(None if each is None or _reached(each, marks) else each for each in self))

    @property
    def shows_reading(self) -> bool:
        """Whether others are to learn of something that was read."""
        return self.public is not None and self.public.read_seq > 0

    @property
    def delivered_seq(self) -> int:
        """The furthest that is claimed."""
        return max((each.delivered_seq for each in self.receipts), default=0)


NO_CLAIMS = Claims()
"""Of somebody who has claimed nothing."""


def clamped(receipt: Receipt, last_seq: int) -> Receipt:
    """Return a claim as far as there are messages."""
    if receipt.delivered_seq <= last_seq:
        return receipt
    return msgspec.structs.replace(
        receipt, delivered_seq=last_seq, read_seq=min(receipt.read_seq, last_seq)
    )


def _greatest(one: Receipt | None, other: Receipt | None) -> Receipt | None:
    """Merge two claims of the same privacy.

    The one that claims the more is the whole truth: when it was made, and the session that knows.
    Of two that claim the same the earlier is right. Where each adds something no session knows all.
    """
    if one is None or other is None:
        return one or other
    if _covers(one, other):
        return other if _covers(other, one) and other.at_ms < one.at_ms else one
    if _covers(other, one):
        return other
    return msgspec.structs.replace(
        one,
        delivered_seq=max(one.delivered_seq, other.delivered_seq),
        read_seq=max(one.read_seq, other.read_seq),
        at_ms=max(one.at_ms, other.at_ms),
        session=one.session if one.session == other.session else None,
    )


def _covers(one: Receipt, other: Receipt) -> bool:
    return one.delivered_seq >= other.delivered_seq and one.read_seq >= other.read_seq


def _as_private(receipt: Receipt) -> Receipt:
    return msgspec.structs.replace(receipt, is_private=True)


def _reached(receipt: Receipt, marks: Marks) -> bool:
    read_seq = marks.read_seq if receipt.is_private else marks.shown_read_seq
    return marks.delivered_seq >= receipt.delivered_seq and read_seq >= receipt.read_seq
