"""Messages as they go on the wire, read by (room, seq) only.

``messages_between`` is for the hub, which judges by itself who gets what. Everything else reads
for one user: only present members, and nothing from before they joined, unless the room's history
is open. Membership is judged in the statement that reads.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Exists, QuerySet
from msgspec import UNSET

from libs.common.clock import to_wire
from libs.common.errors import PermissionDenied
from libs.common.ids import uuid_of
from services.chat.domain import catchup
from services.chat.domain.catchup import Missing, Position
from services.chat.domain.paging import cut
from services.chat.frames.server import Message, SyncedRoom
from services.chat.models import Member, Message as Row

SYNC_PAGE_MESSAGES = 100
"""Most messages of one page of an answer to ``sync`` on a socket."""
SYNC_PAGE_BYTES = 256 * 1024
"""Content after which a page ends early, in bytes; its first message always comes."""


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of a room, ascending; ``has_more`` in the direction that was asked for."""

    messages: list[Message]
    has_more: bool


class SyncAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was missing, room by room and ascending in each, and how much of each that was."""

    messages: list[Message]
    rooms: list[SyncedRoom]


def messages_between(*, room_id: str, first_seq: int, last_seq: int, limit: int) -> list[Message]:
    """Return the messages ``first_seq`` … ``last_seq`` of a room, at most ``limit``, ascending."""
    rows = Row.objects.filter(room_id=room_id, seq__gte=first_seq, seq__lte=last_seq)
    return _messages(rows.order_by("seq")[:limit])


def messages_in(ranges: Sequence[tuple[str, int, int]]) -> dict[str, list[Message]]:
    """Return the messages of some (room, first seq, last seq), by room and ascending.

    One statement; ranges of one room may overlap, and their messages come once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT found.room_id, found.seq, found.sender_id, found.client_id,
                            found.content, found.reply_to, found.created_at
              FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) want (room_id, first, last)
              CROSS JOIN LATERAL (SELECT * FROM message
                                   WHERE room_id = want.room_id
                                     AND seq BETWEEN want.first AND want.last) found
             ORDER BY found.room_id, found.seq
            """,
            [list(column) for column in zip(*ranges, strict=True)] or [[], [], []],
        )
        by_room: dict[str, list[Message]] = {}
        for row in cursor.fetchall():
            message = message_of_row(*row)
            by_room.setdefault(message.room, []).append(message)
        return by_room


def messages_before(*, user_id: str, room_id: str, before: int | None, limit: int) -> MessagePage:
    """Return the newest messages below ``before`` (None: the newest of all), ascending.

    Raises:
        PermissionDenied: the user is not in this room, or there is no such room.
    """
    rows = _readable(user_id=user_id, room_id=room_id)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page, has_more = cut(list(rows.order_by("-seq")[: limit + 1]), limit)
    return MessagePage(messages=_messages(reversed(page)), has_more=has_more)


def messages_after(*, user_id: str, room_id: str, after: int, limit: int) -> MessagePage:
    """Return the oldest messages above ``after``, ascending.

    Raises:
        PermissionDenied: the user is not in this room, or there is no such room.
    """
    rows = _readable(user_id=user_id, room_id=room_id).filter(seq__gt=after)
    page, has_more = cut(list(rows.order_by("seq")[: limit + 1]), limit)
    return MessagePage(messages=_messages(page), has_more=has_more)


def missing_ranges(
    *, user_id: str, cursors: Mapping[str, int], now: dt.datetime
) -> list[SyncedRoom]:
    """Say what an answer to ``sync`` brings: at most 500 messages a room and 2000 in all.

    Rooms come in the order of ``cursors``; those in which the user is not present are left out.
    A room of which nothing is missing has ``to`` below ``from``. One statement.
    """
    planned = _missing(user_id=user_id, cursors=cursors, now=now)
    return [_synced(missed, reached=missed.last_seq) for missed in planned]


def readable_between(
    *,
    user_id: str,
    room_id: str,
    first_seq: int,
    last_seq: int,
    limit: int = SYNC_PAGE_MESSAGES,
    max_bytes: int = SYNC_PAGE_BYTES,
) -> list[Message]:
    """Return one page of a range, judged anew: empty where the user may not (any more) read it.

    At most ``limit`` messages and about ``max_bytes`` of content, ascending; the caller goes on
    after the last one's seq.
    """
    wanted = Missing(
        room=room_id,
        first_seq=first_seq,
        last_seq=min(last_seq, first_seq + limit - 1),
        has_more=False,
        truncated=False,
    )
    return _readable_in([wanted], user_id=user_id, max_bytes=max_bytes)


def sync_pages(*, user_id: str, cursors: Mapping[str, int], now: dt.datetime) -> SyncAnswer:
    """Return what is missing above ``cursors`` ({room: highest contiguous seq held}).

    As ``missing_ranges`` says, and at most about 2 MiB of content; ``has_more`` of a room tells
    that the reader has to ask again. Two statements whatever the number of rooms.
    """
    planned = _missing(user_id=user_id, cursors=cursors, now=now)
    found = _readable_in(planned, user_id=user_id, max_bytes=catchup.SYNC_BYTES)
    reached = {message.room: message.seq for message in found}
    return SyncAnswer(
        messages=found,
        rooms=[
            _synced(missed, reached=reached.get(missed.room, missed.first_seq - 1))
            for missed in planned
        ],
    )


def _missing(*, user_id: str, cursors: Mapping[str, int], now: dt.datetime) -> list[Missing]:
    budget = catchup.SYNC_MESSAGES
    planned = []
    for position in _positions(user_id=user_id, cursors=cursors):
        missed = catchup.missing(position, now=now, budget=budget)
        budget -= max(0, missed.last_seq - missed.first_seq + 1)
        planned.append(missed)
    return planned


def _positions(*, user_id: str, cursors: Mapping[str, int]) -> list[Position]:
    known = {room: cursor for room, cursor in cursors.items() if uuid_of(room) is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT stand.room_id, stand.cursor, stand.floor, stand.last_seq,
                   (SELECT created_at FROM message
                     WHERE room_id = stand.room_id
                       AND seq = greatest(stand.cursor, stand.floor) + 1)
              FROM (SELECT want.room_id, want.cursor, want.place, room.last_seq,
                           CASE WHEN room.open_history THEN 0 ELSE member.joined_seq END AS floor
                      FROM unnest(%s::uuid[], %s::bigint[])
                           WITH ORDINALITY AS want (room_id, cursor, place)
                      JOIN room ON room.id = want.room_id
                      JOIN member ON member.room_id = room.id
                                 AND member.user_id = %s::uuid AND member.left_seq IS NULL) stand
             ORDER BY stand.place
            """,
            [list(known), list(known.values()), user_id],
        )
        return [
            Position(room=str(room), cursor=held, floor=floor, last_seq=last_seq, next_at=next_at)
            for room, held, floor, last_seq, next_at in cursor.fetchall()
        ]


def _readable_in(ranges: Iterable[Missing], *, user_id: str, max_bytes: int) -> list[Message]:
    """Read ranges in one statement: each by index, until ``max_bytes`` of content are reached."""
    wanted = [want for want in ranges if want.first_seq <= want.last_seq and uuid_of(want.room)]
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room_id, seq, sender_id, client_id, content, reply_to, created_at
              FROM (SELECT want.place, found.*,
                           sum(octet_length(found.content))
                               OVER (ORDER BY want.place, found.seq) - octet_length(found.content)
                               AS bytes_before
                      FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[])
                           WITH ORDINALITY AS want (room_id, first_seq, last_seq, place)
                      JOIN room ON room.id = want.room_id
                      JOIN member ON member.room_id = room.id
                                 AND member.user_id = %s::uuid AND member.left_seq IS NULL
                      CROSS JOIN LATERAL (
                           SELECT * FROM message
                            WHERE room_id = want.room_id
                              AND seq BETWEEN want.first_seq AND want.last_seq
                              AND (room.open_history OR seq > member.joined_seq)
                            ORDER BY seq LIMIT %s) found) page
             WHERE bytes_before < %s
             ORDER BY place, seq
            """,
            [
                [want.room for want in wanted],
                [want.first_seq for want in wanted],
                [want.last_seq for want in wanted],
                user_id,
                catchup.SYNC_ROOM_MESSAGES,
                max_bytes,
            ],
        )
        return [message_of_row(*row) for row in cursor.fetchall()]


def _readable(*, user_id: str, room_id: str) -> QuerySet[Row]:
    """Return the messages of a room that a user may read, not yet read.

    The statement that reads them asks anew whether this very stay in the room still lasts.
    """
    wanted = uuid_of(room_id)
    if wanted is None:
        raise PermissionDenied
    membership = (
        Member.objects.filter(user_id=user_id, room_id=wanted, left_seq=None)
        .select_related("room")
        .first()
    )
    if membership is None:
        raise PermissionDenied
    floor = 0 if membership.room.open_history else membership.joined_seq
    stay = Member.objects.filter(id=membership.id, left_seq=None, joined_seq=membership.joined_seq)
    return Row.objects.filter(Exists(stay), room_id=membership.room_id, seq__gt=floor)


def _synced(missed: Missing, *, reached: int) -> SyncedRoom:
    last_seq = min(reached, missed.last_seq)
    return SyncedRoom(
        room=missed.room,
        from_=missed.first_seq,
        to=last_seq,
        has_more=missed.has_more or last_seq < missed.last_seq,
        truncated=missed.truncated or UNSET,
    )


def _messages(rows: Iterable[Row]) -> list[Message]:
    return [
        message_of_row(
            row.room_id,
            row.seq,
            row.sender_id,
            row.client_id,
            row.content,
            row.reply_to,
            row.created_at,
        )
        for row in rows
    ]


def message_of_row(  # noqa: PLR0913 - the columns of one row
    room_id: UUID,
    seq: int,
    sender_id: UUID,
    client_id: UUID,
    content: str,
    reply_to: int | None,
    created_at: dt.datetime,
) -> Message:
    """Return a row as it goes on the wire."""
    return Message(
        id=f"{room_id}.{seq}",
        room=str(room_id),
        seq=seq,
        sender=str(sender_id),
        client_id=str(client_id),
        content=content,
        reply_to=reply_to,
        created_at=to_wire(created_at),
    )
