"""The store: what this device holds of each room, in order, and what it still misses.

A room's *cursor* is the highest seq below which nothing is missing. Messages above a hole are held
aside until the hole is filled, by a late frame, an acknowledgement or ``sync``; only then are they
given out. A room begins at ``delivered_seq`` of the first ``welcome`` or ``room`` that names it:
a message that comes earlier waits for that (``unplaced``). No clock and no network in here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from .frames import Message, Room, SyncedRoom

HOLE_AGE_S = 0.5
"""How long a hole may wait for late frames before it is asked for."""

SYNC_BACKOFF_LIMIT_S = 30.0
"""The longest pause between two questions for the same hole; it doubles from ``HOLE_AGE_S``."""

SYNC_ROOMS = 200
"""Rooms in one ``sync``; the protocol's limit."""

HELD_LIMIT = 1000
"""Messages held above a hole, per room. What is beyond is asked for again later."""


class Gap(NamedTuple):
    """Messages of a room that the server will not send any more; its history may have them."""

    room: str
    first_seq: int
    last_seq: int


@dataclass(slots=True)
class Shelf:
    """One room's messages.

    Attributes:
        cursor: highest contiguous seq; ``None`` until the room's beginning is known.
        head: highest seq known to exist.
        held: messages above a hole, by seq.
        ask_at: when to ask for the hole, in monotonic seconds; ``None`` where there is none.
        asked: how often this hole was asked for.
    """

    cursor: int | None = None
    head: int = 0
    held: dict[int, Message] = field(default_factory=dict)
    ask_at: float | None = None
    asked: int = 0

    def put(self, message: Message) -> None:
        """Hold a message that is not below the cursor, each seq once."""
        self.head = max(self.head, message.seq)
        if self.cursor is not None and message.seq <= self.cursor:
            return
        if len(self.held) < HELD_LIMIT or message.seq == (self.cursor or 0) + 1:
            self.held.setdefault(message.seq, message)

    def advance(self) -> Iterator[Message]:
        """Give out what is contiguous now, in order, and move the cursor with it."""
        while self.cursor is not None and self.cursor + 1 in self.held:
            self.cursor += 1
            yield self.held.pop(self.cursor)

    def jump(self, seq: int) -> None:
        """Let the cursor be at least ``seq``; what is held at or below it is forgotten."""
        self.cursor = max(self.cursor or 0, seq)
        self.head = max(self.head, self.cursor)
        self.held = {at: message for at, message in self.held.items() if at > self.cursor}

    @property
    def has_hole(self) -> bool:
        """Whether something is known to exist above the cursor that is not held yet."""
        return self.cursor is not None and self.cursor < self.head

    def mind_hole(self, now: float) -> None:
        """Start, keep or end the waiting time of the present hole."""
        if not self.has_hole:
            self.ask_at, self.asked = None, 0
        elif self.ask_at is None:
            self.ask_at = now + HOLE_AGE_S

    def postpone(self, now: float) -> None:
        """Note that the hole was asked for: the next question comes later each time."""
        self.ask_at = now + min(HOLE_AGE_S * 2.0**self.asked, SYNC_BACKOFF_LIMIT_S)
        self.asked += 1


class Rooms:
    """All rooms of one device. Every method that brings something returns what is next in order."""

    def __init__(self) -> None:
        self.known: dict[str, Room] = {}
        self.gaps: list[Gap] = []
        self._shelves: dict[str, Shelf] = {}
        self._behind: set[str] = set()
        self._unplaced: set[str] = set()

    def learn(self, room: Room, now: float) -> list[Message]:
        """Take in a room from ``welcome``, a ``room`` frame or HTTP; begin it where it is new.

        An older version keeps the newer name and members, but its head still counts, and the
        user's own watermarks never go back: what tells of them may be late.
        """
        if room.removed:
            self.forget(room.id)
            return []
        known = self.known.get(room.id)
        if known is None or room.version >= known.version:
            self.known[room.id] = room
        if known is not None:
            self.advance(room.id, delivered=known.delivered_seq, read=known.read_seq)
            self.advance(room.id, delivered=room.delivered_seq, read=room.read_seq)
        shelf = self._shelf(room.id)
        if shelf.cursor is None:
            shelf.jump(room.delivered_seq)
        shelf.head = max(shelf.head, room.last_seq)
        return self._release(room.id, shelf, now)

    def advance(self, room: str, *, delivered: int, read: int) -> bool:
        """Raise the user's own watermarks of a known room; return whether one of them grew."""
        known = self.known.get(room)
        if known is None or (delivered <= known.delivered_seq and read <= known.read_seq):
            return False
        read = max(known.read_seq, read)
        self.known[room] = msgspec.structs.replace(
            known, delivered_seq=max(known.delivered_seq, delivered, read), read_seq=read
        )
        return True

    def take(self, message: Message, now: float) -> list[Message]:
        """Take in a message from wherever it came; duplicates bring nothing."""
        shelf = self._shelf(message.room)
        shelf.put(message)
        return self._release(message.room, shelf, now)

    def is_news(self, message: Message) -> bool:
        """Whether a message is above everything that was known to exist in its room."""
        shelf = self._shelves.get(message.room)
        return shelf is None or message.seq > shelf.head

    def note_head(self, room: str, seq: int, now: float) -> None:
        """Learn that ``seq`` exists, without its content."""
        shelf = self._shelf(room)
        shelf.head = max(shelf.head, seq)
        self._release(room, shelf, now)

    def synced(self, entries: Iterable[SyncedRoom], now: float) -> list[Message]:
        """Take in the end of a ``sync``: skip what will not come, ask at once for the next page.

        A room whose answer begins above the cursor is continued there (``truncated``, or joined
        anew); what lies between becomes a ``Gap``.
        """
        released: list[Message] = []
        for entry in entries:
            shelf = self._shelves.get(entry.room)
            if shelf is None or shelf.cursor is None:
                continue
            if entry.first_seq > shelf.cursor + 1:
                self.gaps.append(Gap(entry.room, shelf.cursor + 1, entry.first_seq - 1))
                shelf.jump(entry.first_seq - 1)
            released += self._release(entry.room, shelf, now)
            if entry.has_more and shelf.has_hole:
                shelf.ask_at, shelf.asked = now, 0
        return released

    def sync_wanted(self, now: float) -> dict[str, int]:
        """Return the cursors to ask with now: rooms whose hole is old enough, at most 200.

        Asking counts: the same hole is wanted again only after a pause that doubles.
        """
        cursors: dict[str, int] = {}
        for room in self._behind:
            shelf = self._shelves[room]
            if shelf.ask_at is None or shelf.cursor is None or shelf.ask_at > now:
                continue
            cursors[room] = shelf.cursor
            shelf.postpone(now)
            if len(cursors) == SYNC_ROOMS:
                break
        return cursors

    def ask_anew(self, now: float) -> None:
        """Forget earlier questions; after a reconnection their answers will not come."""
        for room in self._behind:
            shelf = self._shelves[room]
            shelf.ask_at, shelf.asked = now + HOLE_AGE_S, 0

    def ask_now(self, heads: Mapping[str, int], now: float) -> None:
        """Wait no longer for what is missing up to these heads, by room."""
        for room in self._behind:
            shelf = self._shelves[room]
            if (shelf.cursor or 0) < heads.get(room, 0):
                shelf.ask_at, shelf.asked = now, 0

    @property
    def unplaced(self) -> frozenset[str]:
        """The rooms that sent messages before anything told where they begin."""
        return frozenset(self._unplaced)

    def cursor(self, room: str) -> int:
        """Return the highest contiguous seq held of ``room``; 0 where nothing is known of it."""
        shelf = self._shelves.get(room)
        return (shelf.cursor or 0) if shelf else 0

    def cursors(self) -> Mapping[str, int]:
        """Return the cursor of every room that has one."""
        shelves = self._shelves.items()
        return {room: shelf.cursor for room, shelf in shelves if shelf.cursor is not None}

    @property
    def has_holes(self) -> bool:
        """Whether any room misses something that is known to exist."""
        return bool(self._behind)

    def forget(self, room: str) -> None:
        """Know nothing of a room any more; where it is told of again, it begins there."""
        self.known.pop(room, None)
        self._shelves.pop(room, None)
        self._behind.discard(room)
        self._unplaced.discard(room)

    def _shelf(self, room: str) -> Shelf:
        return self._shelves.setdefault(room, Shelf())

    def _release(self, room: str, shelf: Shelf, now: float) -> list[Message]:
        before = shelf.cursor
        released = list(shelf.advance())
        if shelf.cursor != before:
            shelf.ask_at, shelf.asked = None, 0
        shelf.mind_hole(now)
        (self._behind.add if shelf.has_hole else self._behind.discard)(room)
        (self._unplaced.add if shelf.cursor is None else self._unplaced.discard)(room)
        return released
