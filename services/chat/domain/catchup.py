"""What a reader lacks who holds a room up to a cursor, and how much of it one answer brings."""

import datetime as dt
from dataclasses import dataclass

SYNC_ROOM_MESSAGES = 500
"""Most messages of one room in one answer to ``sync``."""
SYNC_MESSAGES = 2000
"""Most messages in one answer to ``sync``."""
SYNC_BYTES = 2 * 1024 * 1024
"""Content after which an answer over HTTP ends early, in bytes."""
OBLIGATION = dt.timedelta(days=7)
"""Age after which a missed message is history, and is not brought by itself any more."""
TRUNCATED_MESSAGES = 50
"""How many of the newest messages a reader gets who was away for longer."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader stands in a room.

    Attributes:
        cursor: highest seq up to which the reader says to hold everything.
        floor: highest seq that the reader may *not* read (``joined_seq``, or 0).
        last_seq: the room's head.
        next_at: when the first missing message was created; None where nothing is missing.
    """

    room: str
    cursor: int
    floor: int
    last_seq: int
    next_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Missing:
    """The messages ``first_seq`` … ``last_seq`` that an answer brings; none where first > last."""

    room: str
    first_seq: int
    last_seq: int
    has_more: bool
    truncated: bool


def missing(position: Position, *, now: dt.datetime, budget: int) -> Missing:
    """Say what an answer with room for ``budget`` messages brings of one room."""
    first = max(position.cursor, position.floor) + 1
    truncated = position.next_at is not None and position.next_at < now - OBLIGATION
    if truncated:
        first = max(first, position.last_seq - TRUNCATED_MESSAGES + 1)
    last = min(position.last_seq, first - 1 + min(SYNC_ROOM_MESSAGES, budget))
    return Missing(
        room=position.room,
        first_seq=first,
        last_seq=last,
        has_more=last < position.last_seq,
        truncated=truncated,
    )
