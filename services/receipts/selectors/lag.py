"""Who lags, as news: what outbox rows of ``lag.judged`` point at, and everybody for a repair.

That somebody lags is what ``laggard`` says, not the comparison of watermark and head: whose row is
gone has caught up with a head, and will be judged anew at a higher one.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from libs.common.events import Event, MemberCaughtUp, MemberLagging, RoomHead
from libs.common.ids import BEFORE_ALL

Subject = tuple[UUID, UUID | None]
"""A member of a room; or, where the user is None, the room's head."""


def lag_events(subjects: Collection[Subject]) -> list[Event]:
    """Return how it stands with some members and rooms now, one event each, in their order.

    Rooms that are unknown and members who are not present are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room.id::text, wanted.user_id::text, room.head, w.delivered_seq,
                   EXISTS (SELECT FROM laggard l WHERE l.room_id = room.id
                              AND l.user_id = wanted.user_id)
              FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY wanted (room_id, user_id, place)
              JOIN room ON room.id = wanted.room_id
              LEFT JOIN watermark w
                ON w.room_id = room.id AND w.user_id = wanted.user_id AND w.present
             WHERE wanted.user_id IS NULL OR w.present
             ORDER BY wanted.place
            """,
            [[room for room, _ in subjects], [user for _, user in subjects]],
        )
        return [_event(*known, lags=lags) for *known, lags in cursor.fetchall()]


def all_laggards(*, after: tuple[UUID, UUID] | None, limit: int) -> list[tuple[UUID, UUID]]:
    """Return some of the members who lag, by room and user.

    Args:
        after: the last one of the page before; None begins.
        limit: at most so many. Fewer are the last.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room_id, user_id FROM laggard
             WHERE (room_id, user_id) > (%s::uuid, %s::uuid)
             ORDER BY room_id, user_id LIMIT %s
            """,
            [*(after or (BEFORE_ALL, BEFORE_ALL)), limit],
        )
        return [(room, user) for room, user in cursor.fetchall()]


def _event(
    room: str, user: str | None, head: int, delivered_seq: int | None, *, lags: bool
) -> Event:
    if user is None or delivered_seq is None:
        return RoomHead(room=room, head=head)
    if lags and delivered_seq < head:
        return MemberLagging(room=room, user=user, delivered_seq=delivered_seq, head=head)
    return MemberCaughtUp(
        room=room, user=user, delivered_seq=delivered_seq, head=min(head, delivered_seq)
    )
