"""What members claim to have received and read, and how far they are."""

import msgspec

from libs.common.events.event import Event


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """What a member claims: that they hold, and have read, everything up to these seqs.

    Chat has checked that they are a member and that the messages exist. ``read_seq`` is at most
    ``delivered_seq``; 0 claims nothing.

    Attributes:
        at_ms: when it was claimed, in Unix milliseconds, by the clock of the claiming process.
        session: the one session that knows of it; None where that is nobody, or several.
        is_private: the others are not to learn what was read.
    """

    room: str
    user: str
    delivered_seq: int
    read_seq: int
    at_ms: int
    session: str | None = None
    is_private: bool = False


class ReceiptsReported(Event, frozen=True, kw_only=True, tag="receipts.reported"):
    """Members claim to have received and read. Claims may repeat, and need not be news."""

    receipts: list[Receipt]


class Advance(msgspec.Struct, frozen=True, array_like=True):
    """A member's watermarks after they went up; ``shown_read_seq <= read_seq <= delivered_seq``.

    Attributes:
        shown_read_seq: ``read_seq`` as the others may know it.
        at_ms: when the newest claim was made that this follows from, in Unix milliseconds; of
            those that others may know of, if there are such.
        session: the one session that knows of it already; None where that is nobody.
        is_own: it only passes messages that the member wrote: nobody waits to be told of it.
        is_hidden: nothing went up but what only the member may know: others are to hear nothing,
            or they would learn when somebody reads in private.
    """

    room: str
    user: str
    delivered_seq: int
    read_seq: int
    shown_read_seq: int
    at_ms: int
    session: str | None = None
    is_own: bool = False
    is_hidden: bool = False


class WatermarksAdvanced(Event, frozen=True, kw_only=True, tag="watermarks.advanced"):
    """Watermarks went up. The same may be told again; readers keep the greatest."""

    advances: list[Advance]
