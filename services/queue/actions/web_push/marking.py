"""What moved becomes due to be pushed; what nobody is to be told of any more is forgotten.

All of it is idempotent, and leaves alone what is due already: its time may be somebody's lease.
"""

import datetime as dt
from collections.abc import Collection

from django.db import connection

from services.queue.domain.web_push import AGAIN_AFTER
from services.queue.models import PushSubscription

_DUE_FROM = "greatest(%(now)s::timestamptz, web_push.pushed_at + %(again_s)s * interval '1 s')"
_IS_NEW = """web_push.due_at IS NULL
               AND web_push.pushed_seq < (SELECT head FROM room WHERE id = web_push.room_id)"""


def mark_moved(
    *, members: Collection[tuple[str, str]], rooms: Collection[str], now: dt.datetime
) -> int:
    """Let be pushed what has changed; return how many pushes that makes.

    Costs one look into an index for each member who has no subscription, nothing for the members of a
    room that only moved, and one look in all where nobody has any. What is due already stays as it is.
    Idempotent.

    Args:
        members: room and user of those of whom it was told that they lag.
        rooms: in which somebody who lagged before lags further.
        now: of the caller's clock.
    """
    if not PushSubscription.objects.exists():
        return 0
    pairs = sorted(members)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO web_push (subscription_id, room_id, due_at)
            SELECT subscription.id, told.room_id, %(now)s
              FROM unnest(%(rooms)s::uuid[], %(users)s::uuid[]) told (room_id, user_id)
              JOIN push_subscription subscription ON subscription.user_id = told.user_id
              JOIN room ON room.id = told.room_id
             ORDER BY told.room_id, subscription.id
                ON CONFLICT (room_id, subscription_id) DO UPDATE SET due_at = {_DUE_FROM}
             WHERE {_IS_NEW}
            """,  # noqa: S608 - constants
            {
                "now": now,
                "again_s": AGAIN_AFTER.total_seconds(),
                "rooms": [room for room, _ in pairs],
                "users": [user for _, user in pairs],
            },
        )
        marked = cursor.rowcount
        cursor.execute(
            f"""
            UPDATE web_push SET due_at = {_DUE_FROM}
             WHERE (room_id, subscription_id) IN (
                   SELECT known.room_id, known.subscription_id
                     FROM web_push known JOIN room ON room.id = known.room_id
                    WHERE known.room_id = ANY(%(moved)s::uuid[]) AND known.due_at IS NULL
                      AND known.pushed_seq < room.head
                    ORDER BY known.room_id, known.subscription_id FOR UPDATE OF known)
            """,  # noqa: S608 - a constant
            {"now": now, "again_s": AGAIN_AFTER.total_seconds(), "moved": sorted(rooms)},
        )
        return int(marked + cursor.rowcount)


def mark_waiting(subscriptions: Collection[int], *, at: dt.datetime, now: dt.datetime) -> None:
    """Let be pushed whatever waits for the people of some subscriptions; what is due stays as it is.

    Args:
        subscriptions: their numbers.
        at: when, of what was never pushed to them.
        now: of the caller's clock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO web_push (subscription_id, room_id, due_at)
            SELECT subscription.id, row.room_id, %(at)s
              FROM push_subscription subscription
              JOIN queued_message row ON row.recipient_id = subscription.user_id
                                     AND NOT row.is_processed AND row.queue_type = 'incoming'
              JOIN room ON room.id = row.room_id AND room.head > row.from_seq
             WHERE subscription.id = ANY(%(subscriptions)s)
             ORDER BY row.room_id, subscription.id
                ON CONFLICT (room_id, subscription_id) DO UPDATE SET due_at = {_DUE_FROM}
             WHERE {_IS_NEW}
            """,  # noqa: S608 - constants
            {
                "at": at,
                "now": now,
                "again_s": AGAIN_AFTER.total_seconds(),
                "subscriptions": list(subscriptions),
            },
        )


def forget_told(*, after: int, last: int | None, now: dt.datetime) -> None:
    """Forget what some subscriptions were told, where nothing waits any more; or of which are none.

    Args:
        after: of those behind this one.
        last: up to this one; None for all of them.
        now: of the caller's clock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM web_push
             WHERE subscription_id > %s AND (%s::bigint IS NULL OR subscription_id <= %s)
               AND NOT EXISTS (
                   SELECT FROM push_subscription subscription
                    WHERE subscription.id = web_push.subscription_id
                      AND (web_push.due_at IS NOT NULL OR web_push.pushed_at > %s
                           OR EXISTS (SELECT FROM queued_message row
                                       WHERE row.recipient_id = subscription.user_id
                                         AND row.room_id = web_push.room_id
                                         AND row.queue_type = 'incoming'
                                         AND (NOT row.is_processed OR row.ending = 'expired'))))
            """,
            [after, last, last, now - AGAIN_AFTER],
        )
