"""What readers of our streams may have missed: members who advanced, and since when that is.

Nobody's permission is asked: this is for the process itself.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.db import connection

from libs.common.events import Advance

LOGGED = 1_000
"""Rows of the log in a page; those of one transaction are never parted."""


class Advanced(msgspec.Struct, frozen=True, kw_only=True):
    """Watermarks as they are now; ``next`` is behind which to go on, None at the end."""

    advances: Sequence[Advance]
    next: dt.datetime | None


def advanced_since(since: dt.datetime | None, *, after: dt.datetime | None) -> Advanced:
    """Return the watermarks that rose at ``since`` or later, each once a page, by (room, user).

    What was dropped from the log because of its age is not told. ``at_ms`` is when the newest
    claim in the page was made that others may know of, or else when that advance was logged.

    Args:
        since: PostgreSQL's clock; None means as far back as the log goes.
        after: ``next`` of the page before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH page AS MATERIALIZED (
                SELECT room_id, user_id, claimed_at, logged_at,
                       delivered_from < delivered_seq OR shown_from < shown_read_seq AS is_shown
                  FROM advance
                 WHERE logged_at >= coalesce(%s::timestamptz, '-infinity')
                   AND logged_at > coalesce(%s::timestamptz, '-infinity')
                 ORDER BY logged_at FETCH FIRST %s ROWS WITH TIES
            )
            SELECT w.room_id::text, w.user_id::text,
                   w.delivered_seq, w.read_seq, w.shown_read_seq,
                   (extract(epoch FROM coalesce(max(claimed_at) FILTER (WHERE is_shown),
                                                max(logged_at) FILTER (WHERE is_shown),
                                                max(logged_at))) * 1000)::bigint,
                   NULL, false, NOT bool_or(is_shown),
                   (SELECT max(logged_at) FROM page), (SELECT count(*) FROM page)
              FROM page JOIN watermark w USING (room_id, user_id)
             GROUP BY w.room_id, w.user_id, w.delivered_seq, w.read_seq, w.shown_read_seq
             ORDER BY w.room_id, w.user_id
            """,
            [since, after, LOGGED],
        )
        rows = cursor.fetchall()
    is_full = bool(rows) and rows[0][-1] >= LOGGED
    return Advanced(
        advances=[Advance(*row[:-2]) for row in rows], next=rows[0][-2] if is_full else None
    )
