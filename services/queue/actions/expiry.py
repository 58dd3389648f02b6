"""What waits for seven days is not pushed any more: it stays in chat's history.

Rows have no times of single messages. Hourly marks of how far rooms were tell what is old: so a
message expires within the hour after its seventh day.
"""

import datetime as dt

from django.db import connection, transaction

from libs.common import metrics
from services.queue.domain.lag import EXPIRES_AFTER

SWEPT_AFTER = dt.timedelta(hours=1)
"""How long a finished row is kept, for people who look, and for news that come late. One that
expired is kept until its member catches up or leaves: until then the next message begins it anew."""
DEAD_LETTERS_KEPT = dt.timedelta(days=30)
ROWS = 1_000
"""Rows in one transaction."""

EXPIRED = metrics.counter("parley_queue_expired", "Messages that nobody received in seven days.")
SWEPT = metrics.counter("parley_queue_swept", "Finished rows that were removed.")


def mark_heads(*, now: dt.datetime) -> None:
    """Note how far the rooms are in which somebody is behind: for the end of this hour.

    May be done any number of times an hour.
    """
    end = now.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO head_mark (room_id, at, head)
            SELECT room.id, %(end)s, room.head FROM room
             WHERE id IN (SELECT room_id FROM queued_message
                           WHERE queue_type = 'incoming' AND NOT is_processed)
               AND head > coalesce((SELECT head FROM head_mark WHERE room_id = room.id
                                     ORDER BY at DESC LIMIT 1), 0)
            ON CONFLICT (room_id, at) DO UPDATE SET head = greatest(head_mark.head, excluded.head)
            """,
            {"end": end},
        )


def expire_old_messages(*, now: dt.datetime) -> int:
    """End what has waited for seven days; return how many messages that was, over all rows.

    Args:
        now: of the caller's clock, as the marks.
    """
    expired = 0
    while found := _expire_some(now - EXPIRES_AFTER, now):
        expired += found
    EXPIRED.inc(expired)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM head_mark old WHERE at <= %(before)s
               AND EXISTS (SELECT FROM head_mark newer
                            WHERE newer.room_id = old.room_id
                              AND newer.at > old.at AND newer.at <= %(before)s)
            """,
            {"before": now - EXPIRES_AFTER},
        )
    return expired


@transaction.atomic
def _expire_some(before: dt.datetime, now: dt.datetime) -> int:
    """Expire in some rows what was there at ``before``; return how many messages that was."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH old AS (
                SELECT row.id, row.recipient_id, row.from_seq, mark.head,
                       greatest(row.to_seq, room.head) AS to_seq
                  FROM queued_message row JOIN room ON room.id = row.room_id
                  JOIN LATERAL (SELECT max(head) AS head FROM head_mark
                                 WHERE room_id = row.room_id AND at <= %(before)s) mark
                    ON mark.head > row.from_seq
                 WHERE row.queue_type = 'incoming' AND NOT row.is_processed
                 ORDER BY row.room_id, row.recipient_id LIMIT %(limit)s
                   FOR UPDATE OF row),
            ended AS (
                UPDATE queued_message SET from_seq = old.head, to_seq = old.to_seq,
                       created_at = greatest(queued_message.created_at, %(before)s),
                       is_processed = old.head >= old.to_seq,
                       finished_at = CASE WHEN old.head >= old.to_seq
                                          THEN %(now)s::timestamptz END,
                       ending = CASE WHEN old.head >= old.to_seq THEN 'expired' ELSE '' END
                  FROM old WHERE queued_message.id = old.id),
            counted AS (
                SELECT recipient_id AS user_id, sum(head - from_seq) AS messages FROM old
                 GROUP BY recipient_id),
            noted AS (
                INSERT INTO expired (user_id, total) SELECT user_id, messages FROM counted
                    ON CONFLICT (user_id) DO UPDATE SET total = expired.total + excluded.total)
            SELECT coalesce(sum(messages), 0)::bigint FROM counted
            """,
            {"before": before, "now": now, "limit": ROWS},
        )
        ((messages,),) = cursor.fetchall()
    return int(messages)


def sweep(*, now: dt.datetime) -> int:
    """Remove rows that have been finished for an hour; dead letters after 30 days; tell how many."""
    removed = 0
    while some := _sweep_some(now):
        removed += some
    SWEPT.inc(removed)
    return removed


def _sweep_some(now: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM queued_message WHERE id IN (
                SELECT id FROM queued_message
                 WHERE is_processed AND ending <> 'expired' AND finished_at < %s
                   AND (ending <> 'failed' OR finished_at < %s)
                   AND NOT EXISTS (SELECT FROM outbox WHERE queued_message.id = ANY(messages))
                 ORDER BY finished_at LIMIT %s FOR UPDATE SKIP LOCKED)
            """,
            [now - SWEPT_AFTER, now - DEAD_LETTERS_KEPT, ROWS],
        )
        return int(cursor.rowcount)
