"""How far rooms are, as far as that is news to whoever asks."""

from collections.abc import Mapping

from django.db import connection

from libs.common.postgres import plain_array
from services.chat.selectors.rooms import Head

UNKNOWN = -1
"""What is known of the head of a room of which nothing is."""


def risen_heads(known: Mapping[str, int], *, snapshot: str | None) -> tuple[str, list[Head]]:
    """Return a name of what is written at this moment, and the heads that are not as known.

    Equal names mean that no transaction has come to its end in between, in the whole server.

    Args:
        known: how far each room is known to have risen (``Head.risen``), or ``UNKNOWN``. Rooms that
            there are not are left out of the answer.
        snapshot: a name that was returned for these rooms before; where it is still the same,
            nothing is read, for nothing can have risen.
    """
    with connection.cursor() as cursor:
        # Before the heads: what is written in between is read now, and once more the next time.
        cursor.execute("SELECT pg_current_snapshot()::text")
        (now,) = cursor.fetchone()
        if now == snapshot:
            return now, []
        cursor.execute(
            """
            SELECT room.id::text, room.last_seq, room.version,
                   coalesce(marks.shown_version, 0), coalesce(marks.version, 0)
              FROM unnest(%s::uuid[], %s::bigint[]) AS known (room_id, risen)
              JOIN room ON room.id = known.room_id
              LEFT JOIN room_marks AS marks ON marks.room_id = room.id
             WHERE room.last_seq + room.version
                   + coalesce(marks.shown_version, 0) + coalesce(marks.version, 0) <> known.risen
            """,
            [plain_array(list(known)), plain_array(list(known.values()))],
        )
        return now, [
            Head(
                room=room,
                last_seq=last_seq,
                version=version,
                marks_version=shown_version,
                all_marks_version=marks_version,
            )
            for room, last_seq, version, shown_version, marks_version in cursor.fetchall()
        ]
