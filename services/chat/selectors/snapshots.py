"""Rooms for readers that missed something: which have changed, and their state told again.

Nobody's permission is asked: this is for the process itself. Pages are bounded by what they look
at, what they find, how many members that has and how many messages, because any of these may be
large.
"""

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from itertools import accumulate, groupby
from typing import Any

import msgspec
from django.db import connection

from libs.common.events import RoomMember, RoomSnapshot
from libs.common.ids import BEFORE_ALL
from services.chat.selectors.receipts import private_readers_among

EXAMINED = 5_000
"""Rooms that one statement looks at. There is no index on the time of their last change: it would
double what each message costs."""
ROOMS = 100
MEMBERS = 2_000
OWN_MESSAGES = 20_000
"""Messages looked through for their senders. Where a page ends; the last room of it may be above
these two bounds."""
OWN_MESSAGES_OF_ROOM = 10_000
"""The newest messages of a room whose senders are told."""
BEGINNING = str(BEFORE_ALL)


class ChangedRooms(msgspec.Struct, frozen=True, kw_only=True):
    """Some rooms by id; ``next`` is behind which to go on, None where there are no more."""

    rooms: Sequence[str]
    next: str | None


class Snapshots(msgspec.Struct, frozen=True, kw_only=True):
    """Some rooms as they are, by id; ``next`` is behind which to go on, None at the end."""

    snapshots: Sequence[RoomSnapshot]
    next: str | None


def snapshots_after(
    after: str, *, since: dt.datetime | None, among: Sequence[str] | None = None
) -> Snapshots:
    """Return the state of some rooms, with who wrote in them since.

    Args:
        after: ``next`` of the page before, or ``BEGINNING``.
        since: PostgreSQL's clock; None means ever.
        among: these rooms, changed or not; if not given, all that changed since.
    """
    page = changed_rooms(since=since if among is None else None, after=after, among=among)
    own_from = own_messages_from(page.rooms, since=since)
    rooms = _as_many_as_fit(page.rooms, own_from)
    # In this order: what was written in between is above the head of no snapshot.
    own_seqs = own_seqs_of({room: own_from[room] for room in rooms if room in own_from})
    private = private_readers_among({user for senders in own_seqs.values() for user in senders})
    return Snapshots(
        snapshots=[
            _with_own(each, own_seqs.get(each.room, {}), private) for each in snapshots_of(rooms)
        ],
        next=page.next if len(rooms) == len(page.rooms) else rooms[-1],
    )


def changed_rooms(
    *, since: dt.datetime | None, after: str, among: Sequence[str] | None = None
) -> ChangedRooms:
    """Return some of the rooms that were written in, or changed, at ``since`` or later.

    Args:
        since: PostgreSQL's clock; None means all rooms.
        after: ``next`` of the page before, or ``BEGINNING``.
        among: only these ids, if given.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH examined AS MATERIALIZED (
                SELECT id, greatest(last_at, changed_at) >= coalesce(%s::timestamptz, '-infinity') AS changed
                  FROM room
                 WHERE id > %s::uuid AND (%s::uuid[] IS NULL OR id = ANY(%s::uuid[]))
                 ORDER BY id LIMIT %s
            ), wanted AS (
                SELECT id, (SELECT count(*) FROM member
                             WHERE room_id = examined.id AND left_seq IS NULL) AS members
                  FROM examined WHERE changed ORDER BY id LIMIT %s
            ), counted AS (
                SELECT id, sum(members) OVER (ORDER BY id) - members AS members_before FROM wanted
            )
            SELECT array(SELECT id::text FROM counted WHERE members_before < %s ORDER BY id),
                   (SELECT count(*) FROM examined WHERE changed),
                   (SELECT id::text FROM examined ORDER BY id DESC LIMIT 1)
            """,
            [since, after, *[None if among is None else list(among)] * 2, EXAMINED, ROOMS, MEMBERS],
        )
        rooms, changed, last_examined = cursor.fetchone()
    return ChangedRooms(rooms=rooms, next=rooms[-1] if len(rooms) < changed else last_examined)


def own_messages_from(
    room_ids: Sequence[str], *, since: dt.datetime | None
) -> dict[str, tuple[int, int]]:
    """Return between which seqs the messages of rooms lie that were written at ``since`` or later.

    The first is excluded, the last included; at most the newest ``OWN_MESSAGES_OF_ROOM``. Rooms
    without such messages are left out. ``created_at`` grows with ``seq``, so it takes 14 steps.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE bounds (id, head, low, high) AS (
                SELECT id, last_seq, greatest(last_seq - %s, 0),
                       CASE WHEN %s::timestamptz IS NULL THEN greatest(last_seq - %s, 0)
                            ELSE last_seq END
                  FROM room WHERE id = ANY(%s::uuid[])
                UNION ALL
                SELECT id, head, CASE WHEN is_older THEN middle ELSE low END,
                       CASE WHEN is_older THEN high ELSE middle - 1 END
                  FROM bounds, LATERAL (SELECT (low + high + 1) / 2 AS middle) half, LATERAL (
                       SELECT coalesce((SELECT created_at < %s::timestamptz FROM message
                                         WHERE room_id = bounds.id AND seq = middle), true)
                           AS is_older) judged
                 WHERE low < high
            )
            SELECT id::text, low, head FROM bounds WHERE low = high AND low < head
            """,
            [*(OWN_MESSAGES_OF_ROOM, since, OWN_MESSAGES_OF_ROOM), list(room_ids), since],
        )
        return {room: (low, head) for room, low, head in cursor.fetchall()}


def own_seqs_of(ranges: Mapping[str, tuple[int, int]]) -> dict[str, dict[str, list[int]]]:
    """Return, by room and sender, the seqs of messages that they have not read themselves.

    Ascending. Up to what they have read, as far as chat knows, nobody needs to be told.

    Args:
        ranges: by room, as ``own_messages_from`` returns them.
    """
    with connection.cursor() as cursor:
        # The limit is that of a range: it only says that messages are to be found by seq.
        cursor.execute(
            """
            SELECT message.room_id::text, sender_id::text, array_agg(seq ORDER BY seq)
              FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) wanted (id, low, high)
              CROSS JOIN LATERAL (
                   SELECT room_id, sender_id, seq FROM message
                    WHERE room_id = wanted.id AND seq > low AND seq <= high
                    ORDER BY seq LIMIT %s) message
              JOIN member ON member.room_id = wanted.id AND member.user_id = sender_id
                         AND left_seq IS NULL AND seq > greatest(read_seq, joined_seq)
             GROUP BY 1, 2
            """,
            [
                list(ranges),
                [low for low, _ in ranges.values()],
                [high for _, high in ranges.values()],
                OWN_MESSAGES_OF_ROOM,
            ],
        )
        found: dict[str, dict[str, list[int]]] = {}
        for room, sender, seqs in cursor.fetchall():
            found.setdefault(room, {})[sender] = seqs
    return found


def snapshots_of(room_ids: Sequence[str]) -> list[RoomSnapshot]:
    """Return the state of rooms with their present members, by id; unknown ones are left out.

    One statement, so the head, version and members of a room belong together. Without own seqs.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room.id::text, room.version, room.last_seq, room.open_history,
                   room.kind = 'direct', user_id::text, role, joined_seq, delivered_seq, read_seq,
                   shown_read_seq, last_seen, profile_version
              FROM room LEFT JOIN member ON member.room_id = room.id AND left_seq IS NULL
                        LEFT JOIN chat_user ON chat_user.id = member.user_id
             WHERE room.id = ANY(%s::uuid[]) ORDER BY room.id, member.id
            """,
            [list(room_ids)],
        )
        rows = cursor.fetchall()
    return [
        RoomSnapshot(
            room=room,
            version=version,
            last_seq=last_seq,
            open_history=open_history,
            is_direct=is_direct,
            members=[_member(row[5:]) for row in rows_of_room if row[5] is not None],
        )
        for (room, version, last_seq, open_history, is_direct), rows_of_room in groupby(
            rows, key=lambda row: row[:5]
        )
    ]


def _as_many_as_fit(rooms: Sequence[str], own_from: Mapping[str, tuple[int, int]]) -> Sequence[str]:
    """Return the first rooms, at least one if there is any, in which not too much was written."""
    ranges = (own_from.get(room, (0, 0)) for room in rooms)
    written = accumulate(high - low for low, high in ranges)
    return rooms[: 1 + sum(each < OWN_MESSAGES for each in written)]


def _with_own(
    snapshot: RoomSnapshot, own_seqs: dict[str, list[int]], private: Set[str]
) -> RoomSnapshot:
    return msgspec.structs.replace(
        snapshot, own_seqs=own_seqs, private_readers=sorted(private & own_seqs.keys())
    )


def _member(row: Sequence[Any]) -> RoomMember:
    user, role, joined_seq, delivered_seq, read_seq, shown_read_seq, last_seen, version = row
    return RoomMember(
        user=user,
        role=role,
        joined_seq=joined_seq,
        delivered_seq=delivered_seq,
        read_seq=read_seq,
        shown_read_seq=shown_read_seq,
        last_seen=last_seen,
        profile_version=version,
    )
