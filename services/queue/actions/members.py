"""Keeps who is in which room, as chat tells it; what waits for somebody who left ends."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction

from libs.common.events import RoomChanged, RoomSnapshot


@transaction.atomic
def set_members(rooms: Sequence[RoomChanged | RoomSnapshot], *, now: dt.datetime) -> None:
    """Take over the members of rooms, where they are newer.

    Idempotent; the order of calls does not matter.

    Args:
        rooms: each room once, its newest.
        now: of the caller's clock.
    """
    newer = _newer(sorted(rooms, key=lambda event: event.room))
    changed = [event for event in rooms if event.room in newer]
    if changed:
        _replace_members(changed)
        _end_what_waits_for_others([event.room for event in changed], now=now)


def _newer(rooms: Sequence[RoomChanged | RoomSnapshot]) -> set[str]:
    """Lock rooms in the order of their ids, note versions and heads; return those that are newer."""
    if not rooms:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO room (id, version, is_direct, head)
            SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::boolean[], %s::bigint[])
                ON CONFLICT (id) DO UPDATE
               SET version = excluded.version, is_direct = excluded.is_direct,
                   head = greatest(room.head, excluded.head)
             WHERE room.version < excluded.version
            RETURNING id::text
            """,
            [
                [event.room for event in rooms],
                [event.version for event in rooms],
                [event.is_direct for event in rooms],
                [event.last_seq for event in rooms],
            ],
        )
        return {room for (room,) in cursor.fetchall()}


def _replace_members(rooms: Sequence[RoomChanged | RoomSnapshot]) -> None:
    pairs = [(event.room, member.user) for event in rooms for member in event.members]
    columns = [[room for room, _ in pairs], [user for _, user in pairs]]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM member WHERE room_id = ANY(%s::uuid[]) AND NOT EXISTS (
                SELECT FROM unnest(%s::uuid[], %s::uuid[]) present (room_id, user_id)
                 WHERE present.room_id = member.room_id AND present.user_id = member.user_id)
            """,
            [[event.room for event in rooms], *columns],
        )
        cursor.execute(
            """
            INSERT INTO member (room_id, user_id) SELECT * FROM unnest(%s::uuid[], %s::uuid[])
                ON CONFLICT DO NOTHING
            """,
            columns,
        )


def _end_what_waits_for_others(rooms: Sequence[str], *, now: dt.datetime) -> None:
    """End the incoming rows of people who are no members: their seqs need not rise any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE queued_message SET from_seq = to_seq, is_processed = true,
                   finished_at = %s, ending = 'left'
             WHERE id IN (SELECT id FROM queued_message row
                           WHERE queue_type = 'incoming'
                             AND (NOT is_processed OR ending = 'expired')
                             AND room_id = ANY(%s::uuid[])
                             AND NOT EXISTS (SELECT FROM member
                                              WHERE member.room_id = row.room_id
                                                AND member.user_id = row.recipient_id)
                           ORDER BY room_id, recipient_id FOR UPDATE)
            """,
            [now, list(rooms)],
        )
