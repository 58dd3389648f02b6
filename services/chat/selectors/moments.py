"""Where in a room a moment lies: between which messages."""

import datetime as dt

from django.db import connection

from libs.common.ids import uuid_of


def last_seq_before(*, room_id: str, at: dt.datetime) -> int:
    """Return the seq of the last message that was created before ``at``; 0 where none was.

    No message was created before the one below it, so the place is found by halving what is left:
    seventeen looks at the primary key for a room of a hundred thousand messages, in one statement.
    """
    room = uuid_of(room_id)
    if room is None:
        return 0
    with connection.cursor() as cursor:
        # The order says that a message is to be found by seq: where PostgreSQL does not know yet how
        # much is in the room, it reads all of it for each half otherwise.
        cursor.execute(
            """
            WITH RECURSIVE left_over (low, high) AS (
                SELECT 0::bigint, last_seq FROM room WHERE id = %(room)s
              UNION ALL
                SELECT CASE WHEN middle.created_at < %(at)s THEN middle.seq ELSE low END,
                       CASE WHEN middle.created_at < %(at)s THEN high ELSE (low + high - 1) / 2 END
                  FROM left_over, LATERAL (
                       SELECT seq, created_at FROM message
                        WHERE room_id = %(room)s AND seq >= (low + high + 1) / 2
                        ORDER BY seq LIMIT 1) middle
                 WHERE low < high
            )
            SELECT coalesce(max(low), 0) FROM left_over
            """,
            {"room": room, "at": at},
        )
        [(seq,)] = cursor.fetchall()
        return int(seq)
