"""Watermarks as they are now, as news: for what was announced and perhaps not published."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from libs.common.events import Advance


def advances_of(pairs: Sequence[tuple[UUID, UUID]]) -> list[Advance]:
    """Return the watermarks of some (room, user), by pair; unknown ones are left out.

    ``at_ms`` is the time of the newest advance in the log that others may know of, else now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT w.room_id::text, w.user_id::text,
                   w.delivered_seq, w.read_seq, w.shown_read_seq,
                   (extract(epoch FROM coalesce(
                       (SELECT a.claimed_at FROM advance a
                         WHERE a.room_id = w.room_id AND a.user_id = w.user_id
                           AND (a.delivered_from < a.delivered_seq
                                OR a.shown_from < a.shown_read_seq)
                         ORDER BY a.delivered_seq DESC, a.read_seq DESC LIMIT 1),
                       now())) * 1000)::bigint
              FROM (SELECT DISTINCT * FROM unnest(%s::uuid[], %s::uuid[]) t (room_id, user_id)) t
              JOIN watermark w USING (room_id, user_id)
             ORDER BY 1, 2
            """,
            [[room for room, _ in pairs], [user for _, user in pairs]],
        )
        return [Advance(*row) for row in cursor.fetchall()]
