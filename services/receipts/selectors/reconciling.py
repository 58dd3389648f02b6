"""What is to be compared: rooms in pages, their members' watermarks, and the newest in the log."""

from collections.abc import Collection, Mapping
from itertools import accumulate

from django.db import connection

from libs.common.ids import BEFORE_ALL
from services.receipts.domain.drift import Case, log_cases
from services.receipts.domain.watermarks import Pair, Watermarks

ROOMS = 100
MEMBERS = 2_000
"""Where a page ends; its last room may be above."""
BEGINNING = str(BEFORE_ALL)


def rooms_after(after: str) -> list[str]:
    """Return a page of rooms, by id; none where there are no more."""
    with connection.cursor() as cursor:
        # By the column, as its index is: a bare `id` would be the text that is returned.
        cursor.execute(
            """
            SELECT id::text, (SELECT count(*) FROM watermark WHERE room_id = room.id)
              FROM room WHERE id > %s::uuid ORDER BY room.id LIMIT %s
            """,
            [after, ROOMS],
        )
        rows = cursor.fetchall()
    before = accumulate((members for _, members in rows), initial=0)
    return [room for (room, _), members in zip(rows, before, strict=False) if members < MEMBERS]


def watermarks_in(rooms: Collection[str]) -> Mapping[Pair, Watermarks]:
    """Return how far the present members of some rooms are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room_id::text, user_id::text, delivered_seq, read_seq, shown_read_seq
              FROM watermark WHERE room_id = ANY(%s::uuid[]) AND present
            """,
            [list(rooms)],
        )
        return {(room, user): _watermarks(*marks) for room, user, *marks in cursor.fetchall()}


def log_cases_in(rooms: Collection[str]) -> set[Case]:
    """Compare all who were ever members of some rooms with the log, where it has anything of them.

    The newest advance is the greatest in all three watermarks, so only the ends of indexes are read,
    however long the log is. One statement: an advance and its watermark belong together.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT w.room_id::text, w.user_id::text,
                   w.delivered_seq, w.read_seq, w.shown_read_seq,
                   newest.delivered_seq, newest.read_seq, newest.shown_read_seq
              FROM watermark w
             CROSS JOIN LATERAL (
                   SELECT delivered_seq, read_seq, shown_read_seq FROM advance
                    WHERE room_id = w.room_id AND user_id = w.user_id
                    ORDER BY delivered_seq DESC, read_seq DESC, shown_read_seq DESC LIMIT 1
                   ) newest
             WHERE w.room_id = ANY(%s::uuid[])
            """,
            [list(rooms)],
        )
        return {
            case
            for room, user, *marks in cursor.fetchall()
            for case in log_cases((room, user), _watermarks(*marks[:3]), _watermarks(*marks[3:]))
        }


def _watermarks(delivered_seq: int, read_seq: int, shown_read_seq: int) -> Watermarks:
    return Watermarks(delivered_seq=delivered_seq, read_seq=read_seq, shown_read_seq=shown_read_seq)
