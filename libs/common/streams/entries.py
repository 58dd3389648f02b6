"""What stands on a stream: entries in, entries out, and how events are packed into them.

An entry has a field ``e``, a JSON array of events, and one that says to which trace it belongs.
Ids are ``<milliseconds>-<n>``; they must be compared as numbers (``StreamId``), never as text: "9-0"
sorts after "10-0".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import msgspec

from libs.common import events, tracing
from libs.common.events import AnyEvent, Event
from libs.common.streams.names import partition_of

FIELD = b"e"
"""The field of an entry that holds its events."""

MAX_ENTRY_BYTES = 256 * 1024
"""Above this size events go on in the next entry. A single larger event has one of its own."""


class StreamId(NamedTuple):
    """An entry's id, in the order of the stream."""

    ms: int
    n: int = 0

    @classmethod
    def parse(cls, text: bytes | str) -> Self:
        """Read ``b"<ms>-<n>"``.

        Raises:
            ValueError: it is no id.
        """
        plain = text.decode() if isinstance(text, bytes) else text
        ms, _, n = plain.partition("-")
        return cls(int(ms), int(n or 0))

    def __str__(self) -> str:
        return f"{self.ms}-{self.n}"


ZERO = StreamId(0, 0)
"""Before everything: reading after it reads all that is there."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Events that shall stand on one partition of a stream, in this order."""

    stream: str
    partition: int
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as Redis gives it; ``fields`` is empty where it was deleted before it was read."""

    id: StreamId
    fields: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, unpacked; ``trace`` says what led to it, where that is known."""

    id: StreamId
    events: Sequence[AnyEvent]
    trace: tracing.TraceContext | None = None


class OfRoom(Protocol):
    """Something that is told of a room."""

    @property
    def room(self) -> str:
        """The room's id."""
        ...


FactT = TypeVar("FactT", bound=OfRoom)


def outgoing_by_room(
    stream: str,
    facts: Iterable[FactT],
    event_of: Callable[[list[FactT]], Event],
    *,
    partitions: int,
    at_most: int,
) -> list[Outgoing]:
    """Put many facts into few events, on the partitions of their rooms; of one room in order.

    Args:
        stream: its name.
        facts: any number.
        event_of: makes an event of some facts.
        partitions: how many the stream has.
        at_most: facts in one event.
    """
    by_partition: dict[int, list[FactT]] = {}
    for fact in facts:
        by_partition.setdefault(partition_of(fact.room, partitions), []).append(fact)
    return [
        Outgoing(
            stream,
            partition,
            [event_of(found[start : start + at_most]) for start in range(0, len(found), at_most)],
        )
        for partition, found in by_partition.items()
    ]


def pack(batch: Sequence[Event], *, max_bytes: int = MAX_ENTRY_BYTES) -> Iterator[bytes]:
    """Pack events, in order, into as few entries as the limit allows; none for no events."""
    parts: list[bytes] = []
    size = 0
    for event in batch:
        part = events.encode_one(event)
        if parts and size + len(part) > max_bytes:
            yield b"[" + b",".join(parts) + b"]"
            parts, size = [], 0
        parts.append(part)
        size += len(part) + 1
    if parts:
        yield b"[" + b",".join(parts) + b"]"


def unpack(raw: RawEntry) -> Entry:
    """Decode a whole entry.

    Raises:
        msgspec.DecodeError: the entry has no events, or one that is unknown here.
    """
    packed = raw.fields.get(FIELD)
    if packed is None:
        raise msgspec.DecodeError("the entry has no field of events")
    return Entry(raw.id, events.decode(packed), tracing.of_fields(raw.fields))


def unpack_known(raw: RawEntry) -> tuple[Entry, int]:
    """Decode what is known here, for a reader that cannot bury; return also how much was not."""
    try:
        return unpack(raw), 0
    except msgspec.DecodeError:
        known, unknown = events.decode_known(raw.fields.get(FIELD, b""))
        return Entry(raw.id, known, tracing.of_fields(raw.fields)), unknown


def read_entries(reply: Any) -> list[RawEntry]:
    """Give types to the list of entries in a reply of XREAD, XRANGE or XAUTOCLAIM."""
    return [RawEntry(StreamId.parse(entry_id), fields or {}) for entry_id, fields in reply]
