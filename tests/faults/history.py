"""What clients saw of a suite that was being broken, written down in one order. No I/O.

The order of the notes is the order in real time, because all clients live in one event loop: what
was acknowledged before something else was begun stands before it.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Invoked:
    """Somebody begins to send a message; it may be tried many times under its client_id."""

    room: str
    sender: str
    client_id: str
    content: str


@dataclass(frozen=True, slots=True)
class Acked:
    """The server said that the message is committed under ``seq``."""

    client_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """The sender gave up without knowing: the message may be stored, or not."""

    client_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said that nothing was written, and the sender did not try again."""

    client_id: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A raw session got its ``welcome``, or a ``room``, with these heads; it fetches nothing."""

    session: str
    heads: dict[str, int]


@dataclass(frozen=True, slots=True)
class Received:
    """A raw session got a ``message`` frame, or a chat showed a message (session: its user)."""

    session: str
    room: str
    seq: int
    sender: str
    client_id: str
    content: str


T = TypeVar("T")
Note = Invoked | Acked | Unknown | Refused | Opened | Received


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
    """The notes of all clients of one test."""

    notes: list[Note] = field(default_factory=list)

    def add(self, note: Note) -> None:
        """Write down what just happened."""
        self.notes.append(note)

    def of(self, kind: type[T]) -> list[T]:
        """Return the notes of one kind, in order."""
        return [note for note in self.notes if isinstance(note, kind)]

    def received(self, session: str) -> list[Received]:
        """Return what one session got, or one chat showed, in order."""
        return [note for note in self.of(Received) if note.session == session]
