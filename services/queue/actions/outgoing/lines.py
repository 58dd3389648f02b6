"""The lines in which messages wait to be sent.

A line is what one sender has for one room. Only one of a line is ever in flight, and the first one
follows it, so a room gets a sender's messages in the order in which they were queued. Whoever puts
a message into a line or takes one out holds the line's lock: always one of it has a time, the
others have none.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import connection

Line = tuple[str, str]
"""A sender, and a room."""


def lock_lines(lines: Iterable[Line]) -> None:
    """Lock lines until the end of the transaction, in one order for all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_advisory_xact_lock(line.key)
              FROM (SELECT DISTINCT hashtextextended('line ' || name, 0) AS key
                      FROM unnest(%s::text[]) name ORDER BY 1) line
            """,
            [[f"{sender} {room}" for sender, room in lines]],
        )


def release_lines(lines: Iterable[Line], *, now: dt.datetime) -> None:
    """Let the first message of each line be due, unless one of it has a time."""
    distinct = sorted(set(lines))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE queued_message SET next_retry_at = %(now)s
              FROM (SELECT min(row.id) AS id
                      FROM unnest(%(senders)s::uuid[], %(rooms)s::uuid[]) line (sender_id, room_id)
                      JOIN queued_message row
                        ON row.sender_id = line.sender_id AND row.room_id = line.room_id
                       AND NOT row.is_processed AND row.queue_type <> 'incoming'
                     GROUP BY row.sender_id, row.room_id
                    HAVING count(row.next_retry_at) = 0) first
             WHERE queued_message.id = first.id
            """,
            {
                "now": now,
                "senders": [sender for sender, _ in distinct],
                "rooms": [room for _, room in distinct],
            },
        )


def hasten_the_others(*, now: dt.datetime) -> None:
    """Chat takes messages again: let what waits because it did not be due within a second."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE queued_message SET next_retry_at = %(now)s::timestamptz + random() * interval '1 s'
             WHERE id IN (SELECT id FROM queued_message
                           WHERE next_retry_at > %(now)s::timestamptz + interval '1 s'
                             AND queue_type = 'outgoing' AND NOT is_processed
                             AND last_error <> ''
                           FOR UPDATE SKIP LOCKED)
            """,
            {"now": now},
        )
