"""Makes events out of outbox rows, which only point at what happened.

What a row points at is read as it is *now*. For messages that is the same; for rooms and people it
may be newer than the row, which readers bear: a state replaces an older one.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec
import structlog

from libs.common.clock import to_unix_ms
from libs.common.events import (
    Event,
    MessageCreated,
    MessageFrame,
    RoomChanged,
    UserRevoked,
)
from libs.common.streams.entries import Outgoing
from libs.common.streams.names import partition_of
from services.chat.frames.server import Message, encode
from services.chat.models import Outbox
from services.chat.selectors.messages import messages_in
from services.chat.selectors.people import people_as_told
from services.chat.selectors.receipts import private_readers_among
from services.chat.selectors.rooms import heads_of
from services.chat.selectors.snapshots import snapshots_of
from services.chat.store import CHAT_EVENTS, CHAT_ROOMS

MESSAGE_CREATED = "message.created"
ROOM_CHANGED = "room.changed"
MANY_AT_ONCE = frozenset({MESSAGE_CREATED, ROOM_CHANGED})
"""Kinds of rows that are made into events together, not row by row."""

log = structlog.get_logger(__name__)


def outgoing(rows: Sequence[Outbox], *, partitions: int) -> list[Outgoing]:
    """Return what is to be published for some rows.

    Three statements for all their messages, and one for all rooms that changed.

    A row that points at nothing (any more) is logged and yields nothing.
    """
    ranges = [each for row in rows for each in ranges_of(row)]
    created = [
        Outgoing(CHAT_EVENTS, partition_of(event.room, partitions), [event])
        for event in _messages_created(ranges)
    ]
    others = [
        *_rooms_changed(
            {str(room): None for row in rows if row.event == ROOM_CHANGED for room in row.subjects}
        ),
        *(event for row in rows if row.event not in MANY_AT_ONCE for event in _others(row)),
    ]
    return [*created, Outgoing(CHAT_ROOMS, 0, others)] if others else created


def ranges_of(row: Outbox) -> Iterable[tuple[str, int, int]]:
    """Return the (room, first seq, last seq) that a row points at; none where not at messages."""
    if row.event != MESSAGE_CREATED:
        return ()
    rooms = (str(room) for room in row.subjects)
    return zip(rooms, row.first_seqs, row.last_seqs, strict=True)


def _messages_created(ranges: Sequence[tuple[str, int, int]]) -> Iterator[MessageCreated]:
    if not ranges:
        return
    # First the messages, then the versions: a removal before one of them is seen.
    messages = messages_in(ranges)
    senders = {each.sender for found in messages.values() for each in found}
    private = private_readers_among(senders)
    versions = {head.room: head.version for head in heads_of(messages)}
    for room, first_seq, last_seq in ranges:
        found = [each for each in messages.get(room, ()) if first_seq <= each.seq <= last_seq]
        if len(found) != last_seq - first_seq + 1 or room not in versions:
            log.error("outbox_row_points_at_nothing", room=room, first=first_seq, last=last_seq)
            continue
        yield MessageCreated(
            room=room,
            first_seq=first_seq,
            last_seq=last_seq,
            room_version=versions[room],
            written_at_ms=to_unix_ms(dt.datetime.fromisoformat(found[0].created_at)),
            frames=[_frame(each, is_private=each.sender in private) for each in found],
        )


def _frame(message: Message, *, is_private: bool) -> MessageFrame:
    raw = msgspec.Raw(encode(message).encode())
    return MessageFrame(seq=message.seq, sender=message.sender, frame=raw, is_private=is_private)


def _others(row: Outbox) -> Sequence[Event]:
    subjects = [str(subject) for subject in row.subjects]
    match row.event:
        case "user.changed":
            return people_as_told(subjects)
        case "user.revoked":
            user, *sids = subjects
            return [UserRevoked(user=user, sids=tuple(sids))]
        case _:
            log.error("outbox_row_of_unknown_kind", kind=row.event)
            return []


def _rooms_changed(rooms: Collection[str]) -> Sequence[RoomChanged]:
    """Tell of each room once, as it is now, however many rows are about it."""
    if not rooms:
        return []
    found = snapshots_of(list(rooms))
    if len(found) != len(rooms):
        log.error("outbox_row_points_at_nothing", rooms=list(rooms))
    return [
        RoomChanged(
            room=each.room,
            version=each.version,
            last_seq=each.last_seq,
            members=each.members,
            open_history=each.open_history,
            is_direct=each.is_direct,
        )
        for each in found
    ]
