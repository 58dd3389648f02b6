"""Rooms for readers that missed something: which have changed, and their state told again.

Nobody's permission is asked: this is for the process itself. Pages are bounded by what they look
at, what they find, and how many members that has, because any of the three may be large.
"""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

import msgspec
from django.db import connection

from libs.common.events import RoomMember, RoomSnapshot
from services.chat.models import SafePoint

EXAMINED = 5_000
"""Rooms that one statement looks at. There is no index on the time of their last change: it would
double what each message costs."""
ROOMS = 100
MEMBERS = 2_000
"""Where a page ends; the last room of it may be above."""
BEGINNING = str(UUID(int=0))
"""Before every room."""


class ChangedRooms(msgspec.Struct, frozen=True, kw_only=True):
    """Some rooms by id; ``next`` is behind which to go on, None where there are no more."""

    rooms: Sequence[str]
    next: str | None


def changed_rooms(*, since: dt.datetime | None, after: str) -> ChangedRooms:
    """Return some of the rooms that were written in, or changed, at ``since`` or later.

    Args:
        since: PostgreSQL's clock; None means all rooms.
        after: ``next`` of the page before, or ``BEGINNING``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH examined AS MATERIALIZED (
                SELECT id, greatest(last_at, changed_at) >= coalesce(%s::timestamptz, '-infinity') AS changed
                  FROM room WHERE id > %s::uuid ORDER BY id LIMIT %s
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
            [since, after, EXAMINED, ROOMS, MEMBERS],
        )
        rooms, changed, last_examined = cursor.fetchone()
    return ChangedRooms(rooms=rooms, next=rooms[-1] if len(rooms) < changed else last_examined)


def snapshots_of(room_ids: Sequence[str]) -> list[RoomSnapshot]:
    """Return the state of rooms with their present members, by id; unknown ones are left out.

    One statement, so the head, version and members of a room belong together.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room.id::text, room.version, room.last_seq,
                   user_id::text, role, joined_seq, delivered_seq, read_seq
              FROM room LEFT JOIN member ON member.room_id = room.id AND left_seq IS NULL
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
            members=[_member(*row[3:]) for row in rows_of_room if row[3] is not None],
        )
        for (room, version, last_seq), rows_of_room in groupby(rows, key=lambda row: row[:3])
    ]


def safe_point() -> dt.datetime | None:
    """Return since when changes may have been missed; None where that is not known."""
    return SafePoint.objects.filter(id=SafePoint.ONLY).values_list("reached_at", flat=True).first()


def all_told_before() -> dt.datetime:
    """Return a time of PostgreSQL's clock: everything from before it has left the outbox.

    Everything, also what a transaction that goes on would commit. To be called in autocommit. The
    role must see what its own sessions do, as it does unless it was forbidden.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND backend_type = 'client backend'
            """
        )
        (all_ended_before,) = cursor.fetchone()
        # Only now: a row of a transaction that ended before the first statement is seen by this one.
        cursor.execute("SELECT least(%s, min(created_at)) FROM outbox", [all_ended_before])
        told_before: dt.datetime = cursor.fetchone()[0]
    return told_before


def _member(user: str, role: str, joined_seq: int, delivered_seq: int, read_seq: int) -> RoomMember:
    return RoomMember(
        user=user,
        role=role,
        joined_seq=joined_seq,
        delivered_seq=delivered_seq,
        read_seq=read_seq,
    )
