"""What clients saw of a suite that was being broken, written down in one order. No I/O.

The order of the notes is the order in real time, because all clients live in one event loop: what
was acknowledged before something else was begun stands before it.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Invoked:
    """Somebody begins to send a message; it may be tried many times under its client_id.

    Attributes:
        line: where it is set, the messages of one line are sent one behind the other over one
            connection, each once.
    """

    room: str
    sender: str
    client_id: str
    content: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Acked:
    """The server said that the message is committed under ``seq``."""

    client_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """The sender tried once, and does not know: the message may be stored, or not."""

    client_id: str


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A sender that tries again and again, over every road, has had no answer for long.

    Attributes:
        is_queued: the queue service said that it keeps the message, and will hand it on.
    """

    client_id: str
    is_queued: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said that nothing was written, and the sender did not try again."""

    client_id: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A raw session got its ``welcome``, or a ``room``, with these heads; it fetches nothing."""

    session: str
    heads: dict[str, int]
    user: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A raw session got a ``message`` frame, or a chat showed a message (session: its user)."""

    session: str
    room: str
    seq: int
    sender: str
    client_id: str
    content: str


@dataclass(frozen=True, slots=True)
class Paged:
    """Somebody read a room's history to its end, from behind ``after``.

    Attributes:
        asked: how many notes there were when they began to ask.
    """

    user: str
    room: str
    after: int
    seqs: tuple[int, ...]
    asked: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """Somebody was given a message over HTTP, whatever else they were given."""

    user: str
    room: str
    seq: int
    client_id: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A device says that it holds everything of a room up to ``seq``, or that it was seen."""

    user: str
    room: str
    seq: int
    is_read: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A session was told how far a member is."""

    session: str
    room: str
    member: str
    delivered_seq: int
    read_seq: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The database of receipts held this, when somebody looked."""

    room: str
    member: str
    delivered_seq: int
    read_seq: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A session was told whether a person is there."""

    session: str
    person: str
    status: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Admitting:
    """Somebody is about to be made a member of a room."""

    room: str
    user: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """The server said that somebody is no longer a member of a room."""

    room: str
    user: str


@dataclass(slots=True)
class Attendance:
    """One session of a person as their client saw it, in monotonic seconds.

    Attributes:
        opened_s: when its ``welcome`` came.
        heard_s: when the last frame came: until then it lived for certain.
    """

    user: str
    session: str
    opened_s: float
    heard_s: float


T = TypeVar("T")
Note = (
    Invoked
    | Acked
    | Unknown
    | GaveUp
    | Refused
    | Opened
    | Received
    | Paged
    | Fetched
    | Claimed
    | Told
    | Kept
    | Seen
    | Admitting
    | Excluded
)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A row of the table of messages."""

    room: str
    seq: int
    sender: str
    client_id: str
    content: str
    created_at: dt.datetime


@dataclass(slots=True)
class History:
    """The notes of all clients of one test, and which sessions there were."""

    notes: list[Note] = field(default_factory=list)
    sessions: list[Attendance] = field(default_factory=list)

    def add(self, note: Note) -> None:
        """Write down what just happened."""
        self.notes.append(note)

    def of(self, kind: type[T]) -> list[T]:
        """Return the notes of one kind, in order."""
        return [note for note in self.notes if isinstance(note, kind)]

    def received(self, session: str) -> list[Received]:
        """Return what one session got, or one chat showed, in order."""
        return [note for note in self.of(Received) if note.session == session]
