"""How far the other members of each room are: what the ticks of a message follow from.

``lowest`` names those who are furthest behind, so whatever all of its entries but one's own have
passed, everybody else has. It may come late and out of order; what was passed once stays passed.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .frames import Watermark


class Progress(enum.StrEnum):
    """How far a stored message has come with everybody else; the words of the protocol."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


class Moved(NamedTuple):
    """Watermarks of a room went up.

    Attributes:
        own: the user's own did, so that what is unread may have changed.
        others: those of others did, so that the progress of messages may have changed.
    """

    room: str
    own: bool
    others: bool


@dataclass(slots=True)
class RoomMarks:
    """One room: what everybody else has, and what single members are known to have."""

    delivered: int = 0
    read: int = 0
    members: dict[str, Watermark] = field(default_factory=dict)


class Marks:
    """The marks of all rooms; each only ever grows."""

    def __init__(self) -> None:
        self._rooms: dict[str, RoomMarks] = {}

    def fold(
        self,
        room: str,
        *,
        lowest: Iterable[Watermark],
        members: Iterable[Watermark] = (),
        me: str,
    ) -> bool:
        """Take in what a ``status`` or a room says; return whether any mark of others went up.

        Args:
            room: whose marks they are.
            lowest: who is furthest behind. Without anybody else in it nobody else has anything.
            members: single members that advanced.
            me: the user's own id, whose marks say nothing about the others.
        """
        marks = self._rooms.setdefault(room, RoomMarks())
        behind = [one for one in lowest if one.user != me]
        ahead = [one for one in members if one.user != me]
        before = (marks.delivered, marks.read)
        if behind:
            delivered = min(max(one.delivered_seq, one.read_seq) for one in behind)
            read = min(one.read_seq for one in behind)
            marks.delivered = max(marks.delivered, delivered)
            marks.read = max(marks.read, read)
        moved = [_raise(marks.members, one) for one in (*behind, *ahead)]
        return any(moved) or before != (marks.delivered, marks.read)

    def progress(self, room: str, seq: int) -> Progress:
        """Return how far the message ``seq`` has come with everybody but oneself."""
        marks = self._rooms.get(room)
        if marks is None or seq > marks.delivered:
            return Progress.SENT
        return Progress.READ if seq <= marks.read else Progress.DELIVERED

    def members(self, room: str) -> Mapping[str, Watermark]:
        """Return what is known of single other members, by user; in large rooms only of a few."""
        marks = self._rooms.get(room)
        return marks.members if marks else {}

    def forget_members(self, room: str) -> None:
        """Know nothing of single members any more; what everybody else has passed stays passed."""
        if room in self._rooms:
            self._rooms[room].members = {}

    def forget(self, room: str) -> None:
        """Know nothing of a room any more."""
        self._rooms.pop(room, None)


def _raise(members: dict[str, Watermark], told: Watermark) -> bool:
    """Keep the greatest marks of one member; return whether one of them grew."""
    known = members.get(told.user)
    read = max(told.read_seq, known.read_seq if known else 0)
    delivered = max(told.delivered_seq, known.delivered_seq if known else 0, read)
    if known and (delivered, read) == (known.delivered_seq, known.read_seq):
        return False
    at = told.at or (known.at if known else None)
    members[told.user] = Watermark(user=told.user, delivered_seq=delivered, read_seq=read, at=at)
    return known is not None or (delivered, read) != (0, 0)
