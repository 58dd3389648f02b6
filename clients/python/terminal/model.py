"""What this terminal knows: numbers of rooms, unread counts, the open room, messages on their way.

Values and plain functions: no terminal, no network, no clock. The rooms are those of the chat, which
changes them as the server tells; what lags there (heads, own watermarks) is kept here.
"""

import contextlib
import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from clients.python.parley import Message, Room
from clients.python.terminal.lines import Mark
from clients.python.terminal.safe import safe

KEPT_MESSAGES = 500
"""Messages kept per room, for quotes of what is answered."""

QUIET_LINES = 5
QUIET_WITHIN_S = 10.0
"""Most lines about messages of one room that is not open, in so many seconds; the bar counts all."""

DIRECT = "direct"
UNDER_WAY = (Mark.PENDING, Mark.QUEUED)


@dataclass(slots=True)
class Outgoing:
    """An own message that is not on the screen for good yet.

    Attributes:
        mark: PENDING, perhaps QUEUED, then SENT (its place in the room is not known yet) or FAILED.
        goes_again: of a failed one, whether it is tried again by itself.
    """

    room: str
    client_id: str
    content: str
    reply_to: int | None = None
    mark: Mark = Mark.PENDING
    goes_again: bool = False


@dataclass(slots=True)
class Seen:
    """What was seen of one room.

    Attributes:
        head: highest seq that is known to exist.
        read: everything up to it was on the screen while somebody looked.
        messages: the latest ones, by seq.
        told: when the latest quiet lines about it were shown.
    """

    head: int = 0
    read: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    told: deque[float] = field(default_factory=lambda: deque(maxlen=QUIET_LINES))


class Model:
    """See the module.

    Args:
        rooms: the chat's rooms by id, most recently active first at the start.
        me: the id of the signed-in user.

    Attributes:
        current: the open room, or None.
        shown: highest seq on the screen in the open room.
        oldest: lowest seq on the screen in the open room; ``/history`` goes on below it.
        day: of the last message on the screen.
        outgoing: by client_id, in the order of writing.
    """

    def __init__(self, rooms: Mapping[str, Room], me: str) -> None:
        self.rooms = rooms
        self.me = me
        self.current: str | None = None
        self.shown = 0
        self.oldest = 0
        self.day: dt.date | None = None
        self.outgoing: dict[str, Outgoing] = {}
        self._seen: dict[str, Seen] = {}
        self._numbers: dict[str, int] = {}
        self._active: list[str] = []
        self._titles: dict[str, str] = {}
        self._making = 0
        self._count_rooms()

    # Rooms ------------------------------------------------------------------------------------

    def number(self, room: str) -> int:
        """Return the number of a room; it stays the same for as long as the program runs."""
        self._count_rooms()
        return self._numbers.get(room, 0)

    def numbered(self, number: int) -> Room | None:
        """Return the room with a number."""
        self._count_rooms()
        found = (room for room, own in self._numbers.items() if own == number)
        return self.rooms.get(next(found, ""))

    def by_activity(self) -> list[Room]:
        """Return all rooms, most recently active first."""
        self._count_rooms()
        later = [room for room in self.rooms if room not in self._active]
        return [self.rooms[room] for room in [*self._active, *later] if room in self.rooms]

    def named(self, name: str) -> list[Room]:
        """Return the rooms of that name, in any case."""
        wanted = name.casefold()
        return [room for room in self.rooms.values() if safe(room.name).casefold() == wanted]

    def direct_with(self, user: str) -> Room | None:
        """Return the direct room with a person."""
        direct = (room for room in self.rooms.values() if room.kind == DIRECT)
        return next((room for room in direct if user in (room.members or ())), None)

    def other_in(self, room: Room) -> str | None:
        """Return the other person of a direct room; None in groups, and where one is alone."""
        others = (user for user in room.members or () if user != self.me)
        return next(others, None) if room.kind == DIRECT else None

    def title(self, room: str) -> str:
        """Return a room's name, also after one left it; a word where it is unknown."""
        known = self.rooms.get(room)
        if known is None or not known.name:
            return self._titles.get(room, "a conversation")
        return safe(known.name)

    @contextlib.contextmanager
    def making(self) -> Iterator[None]:
        """Make a room inside the block: that there is a new one is no news then."""
        self._making += 1
        try:
            yield
        finally:
            self._making -= 1
            self._count_rooms()

    def learn(self, room: Room) -> str:
        """Take in what a ``room`` frame says; return what is new about it, in a sentence."""
        is_known, before = room.id in self._numbers, self._titles.get(room.id)
        if room.removed:
            return f"You are no longer in {before}." if is_known else ""
        number, title = self.number(room.id), self.title(room.id)
        self._titles[room.id] = title
        if not is_known:
            return "" if self._making else f"New: {title}. /open {number} opens it."
        return f"{before} is called {title} now." if before not in (None, title) else ""

    @property
    def open_room(self) -> Room | None:
        """The open room; None where none is, or one was removed from it."""
        return self.rooms.get(self.current) if self.current else None

    # Unread -----------------------------------------------------------------------------------

    def unread(self, room: str) -> int:
        """Return how many messages of a room were not read, here or elsewhere."""
        known, seen = self.rooms.get(room), self._seen.get(room, Seen())
        if known is None:
            return 0
        return max(max(known.last_seq, seen.head) - self.read_seq(room), 0)

    def unread_elsewhere(self) -> int:
        """Return how many messages wait in all rooms but the open one."""
        return sum(self.unread(room) for room in self.rooms if room != self.current)

    def read_seq(self, room: str) -> int:
        """Return the seq up to which a room was read, here or elsewhere."""
        known, seen = self.rooms.get(room), self._seen.get(room, Seen())
        return max(known.read_seq if known else 0, seen.read)

    # The open room ----------------------------------------------------------------------------

    def begin(self, room: str) -> None:
        """Open a room: nothing of it is on the screen yet."""
        self.current, self.shown, self.oldest, self.day = room, 0, 0, None

    def close(self) -> None:
        """Open none."""
        self.current, self.shown, self.oldest, self.day = None, 0, 0, None

    def newest(self, room: str, page: Sequence[Message]) -> list[Message]:
        """Return the newest page of a room, and what came since it was asked for."""
        last = page[-1].seq if page else 0
        kept = self._seen.get(room, Seen()).messages
        return [*page, *(kept[seq] for seq in sorted(kept) if seq > last)]

    def on_screen(self, messages: Sequence[Message]) -> None:
        """Note that these of the open room were shown below all others."""
        self.oldest = self.oldest or messages[0].seq
        self.shown = messages[-1].seq

    def read_shown(self) -> tuple[str, int] | None:
        """Note that somebody looks at the open room; return up to where it is read by that.

        None where no room is open or nothing of it was shown.
        """
        if self.current is None or not self.shown:
            return None
        seen = self._seen.setdefault(self.current, Seen())
        seen.read = max(seen.read, self.shown)
        return self.current, self.shown

    # Messages ---------------------------------------------------------------------------------

    def take(self, message: Message) -> None:
        """Keep a message, from wherever it came; an own one is on its way no more."""
        seen = self._seen.setdefault(message.room, Seen())
        seen.head = max(seen.head, message.seq)
        seen.messages[message.seq] = message
        if message.sender == self.me and message.seq == self.read_seq(message.room) + 1:
            seen.read = message.seq  # one has read what one wrote
        while len(seen.messages) > KEPT_MESSAGES:
            seen.messages.pop(next(iter(seen.messages)))
        if message.sender == self.me:
            self.outgoing.pop(message.client_id, None)

    def note_activity(self, room: str) -> None:
        """Move a room to the front: something new was said in it."""
        if room in self._active:
            self._active.remove(room)
        self._active.insert(0, room)

    def may_tell(self, room: str, now: float) -> bool:
        """Decide whether one more quiet line about a room is fine; a busy room has a few at most.

        Args:
            room: that is not open.
            now: in monotonic seconds.
        """
        told = self._seen.setdefault(room, Seen()).told
        if len(told) == told.maxlen and now - told[0] < QUIET_WITHIN_S:
            return False
        told.append(now)
        return True

    def kept(self, room: str, seq: int) -> Message | None:
        """Return a message that was seen before and is still kept."""
        return self._seen.get(room, Seen()).messages.get(seq)

    def waiting(self) -> list[Outgoing]:
        """Return what nobody but this program has, in all rooms: what leaving would lose."""
        return [one for one in self.outgoing.values() if one.mark is Mark.PENDING or one.goes_again]

    def on_its_way(self) -> list[Outgoing]:
        """Return what is not known to be stored, in all rooms; what was refused is not on its way."""
        return [one for one in self.outgoing.values() if one.mark in UNDER_WAY or one.goes_again]

    def refused(self, room: str) -> list[Outgoing]:
        """Return what was refused or given up in a room, in the order of writing."""
        return [one for one in self._of(room) if one.mark is Mark.FAILED]

    def under_way(self, room: str) -> list[Outgoing]:
        """Return what is shown above the prompt: not refused, and not in its place yet."""
        return [one for one in self._of(room) if one.mark is not Mark.FAILED]

    def forget_sent(self) -> None:
        """Give up waiting for the place of messages that are stored: it was missed."""
        sent = [one.client_id for one in self.outgoing.values() if one.mark is Mark.SENT]
        for client_id in sent:
            del self.outgoing[client_id]

    def _of(self, room: str) -> Iterator[Outgoing]:
        return (one for one in self.outgoing.values() if one.room == room)

    def _count_rooms(self) -> None:
        for room in self.rooms:
            if room not in self._numbers:
                self._numbers[room] = len(self._numbers) + 1
                self._active.append(room)
                self._titles[room] = self.title(room)
