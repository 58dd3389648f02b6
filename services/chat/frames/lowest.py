"""``lowest``: the members of a room that are furthest behind, as every frame shows them.

What all of them but the reader have passed is delivered to, or read by, everybody else.
"""

import heapq
from collections.abc import Iterable
from typing import Protocol

from services.chat.frames.server import Lowest

LOWEST_EACH = 2
"""Members shown as furthest behind, by each of the two watermarks."""


class ShownMarks(Protocol):
    """A present member, and how far they are known to others to have come."""

    @property
    def user(self) -> str:
        """Who it is."""
        ...

    @property
    def delivered_seq(self) -> int:
        """Everything up to it was received."""
        ...

    @property
    def shown_read_seq(self) -> int:
        """Everything up to it was read, as far as others may know."""
        ...


def lowest(members: Iterable[ShownMarks]) -> list[Lowest]:
    """Return the members that are furthest behind, by each of the two watermarks as shown."""
    present = list(members)
    by_delivered = heapq.nsmallest(LOWEST_EACH, present, key=lambda m: (m.delivered_seq, m.user))
    by_read = heapq.nsmallest(LOWEST_EACH, present, key=lambda m: (m.shown_read_seq, m.user))
    shown = {member.user: member for member in (*by_delivered, *by_read)}
    return [
        Lowest(user=user, delivered_seq=member.delivered_seq, read_seq=member.shown_read_seq)
        for user, member in sorted(shown.items())
    ]
