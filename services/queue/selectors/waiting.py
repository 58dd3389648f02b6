"""What waits: of one person, of all, and what was given up."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Q

from libs.common.clock import to_wire
from libs.common.ids import uuids_of
from services.queue.models import ChatSession, Ending, QueuedMessage, Room


class QueueStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for somebody, or of theirs.

    Attributes:
        incoming: messages that they have not received, over all rooms.
        outgoing: messages of theirs that wait to be sent.
        retry: likewise, after chat refused them.
        oldest_at: since when the oldest of all that has waited; None where nothing does.
        expired_total: messages that waited for seven days, ever.
    """

    incoming: int
    outgoing: int
    retry: int
    oldest_at: str | None
    expired_total: int


class QueueStats(QueueStatus, frozen=True, kw_only=True):
    """The same of everybody, and more for staff.

    Attributes:
        incoming_rows: members who are behind, each in a room.
        retries: refusals by chat of what waits, and offers made again.
        dead_letters: messages that were given up and are still kept.
        sessions: chat sessions that are known to be open.
    """

    incoming_rows: int
    retries: int
    dead_letters: int
    sessions: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that chat refused three times."""

    id: int
    room: str
    sender: str
    recipient: str | None
    client_id: str
    content: str
    created_at: str
    failed_at: str
    retry_count: int
    last_error: str


class WaitingRange(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a member in a room: every message above ``from_seq``, up to ``head``.

    Attributes:
        since: since when something has waited for them here.
        offers: how often a session of theirs was offered it again, without an acknowledgement.
        has_expired: nothing is offered up to ``from_seq`` any more, because it waited too long.
    """

    user: str
    from_seq: int
    head: int
    since: str
    offers: int
    has_expired: bool


def any_room_is_known() -> bool:
    """Tell whether chat ever told of a room; otherwise the database is a new one."""
    return Room.objects.filter(version__gt=0).exists()


def get_queue_status(user_id: str) -> QueueStatus:
    """Return what waits for somebody, and of theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(messages) FILTER (WHERE queue_type = 'incoming'), 0)::bigint,
                   count(*) FILTER (WHERE queue_type = 'outgoing'),
                   count(*) FILTER (WHERE queue_type = 'retry'),
                   min(created_at),
                   coalesce((SELECT total FROM expired WHERE user_id = %(user)s), 0)
              FROM (SELECT row.queue_type, row.created_at, room.head - row.from_seq AS messages
                      FROM queued_message row JOIN room ON room.id = row.room_id
                     WHERE row.recipient_id = %(user)s AND NOT row.is_processed
                       AND row.queue_type = 'incoming' AND room.head > row.from_seq
                     UNION ALL
                    SELECT queue_type, created_at, NULL FROM queued_message
                     WHERE sender_id = %(user)s AND NOT is_processed
                       AND queue_type <> 'incoming') waiting
            """,
            {"user": user_id},
        )
        incoming, outgoing, retry, oldest_at, expired_total = cursor.fetchone()
    return QueueStatus(
        incoming=incoming,
        outgoing=outgoing,
        retry=retry,
        oldest_at=None if oldest_at is None else to_wire(oldest_at),
        expired_total=expired_total,
    )


def queue_stats() -> QueueStats:
    """Return what waits altogether."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(room.head - row.from_seq)
                            FILTER (WHERE row.queue_type = 'incoming'), 0)::bigint,
                   count(*) FILTER (WHERE row.queue_type = 'incoming'),
                   count(*) FILTER (WHERE row.queue_type = 'outgoing'),
                   count(*) FILTER (WHERE row.queue_type = 'retry'),
                   min(row.created_at),
                   coalesce(sum(row.retry_count), 0)::bigint,
                   coalesce((SELECT sum(total) FROM expired), 0)::bigint
              FROM queued_message row LEFT JOIN room ON room.id = row.room_id
             WHERE NOT row.is_processed
            """
        )
        incoming, rows, outgoing, retry, oldest_at, retries, expired_total = cursor.fetchone()
    return QueueStats(
        incoming=incoming,
        incoming_rows=rows,
        outgoing=outgoing,
        retry=retry,
        oldest_at=None if oldest_at is None else to_wire(oldest_at),
        retries=retries,
        expired_total=expired_total,
        dead_letters=QueuedMessage.objects.filter(ending=Ending.FAILED).count(),
        sessions=ChatSession.objects.count(),
    )


def waiting_in(*, room_id: UUID, users: Sequence[str]) -> list[WaitingRange]:
    """Return what waits in a room for some people, by id; of the others nothing does."""
    head = Room.objects.filter(id=room_id).values_list("head", flat=True).first() or 0
    rows = QueuedMessage.objects.filter(
        Q(is_processed=False) | Q(ending=Ending.EXPIRED),
        queue_type="incoming",
        room_id=room_id,
        recipient_id__in=uuids_of(users),
    ).order_by("recipient_id")
    return [
        WaitingRange(
            user=str(row.recipient_id),
            from_seq=row.from_seq or 0,
            head=head,
            since=to_wire(row.created_at),
            offers=row.retry_count,
            has_expired=row.ending == Ending.EXPIRED,
        )
        for row in rows
    ]


def dead_letters(*, after: int, limit: int) -> list[DeadLetter]:
    """Return messages that were given up, by id, behind ``after``."""
    rows = QueuedMessage.objects.filter(ending=Ending.FAILED, id__gt=after).order_by("id")
    return [_dead_letter(row) for row in rows[:limit]]


def unfinished_incoming(
    *, after: int, limit: int, before: dt.datetime
) -> list[tuple[int, str, str]]:
    """Return id, room and user of members who are behind since before a time, behind ``after``."""
    rows = QueuedMessage.objects.filter(
        queue_type="incoming", is_processed=False, id__gt=after, created_at__lte=before
    ).order_by("id")
    found = rows.values_list("id", "room_id", "recipient_id")[:limit]
    return [(number, str(room), str(user)) for number, room, user in found]


def _dead_letter(row: QueuedMessage) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        room=str(row.room_id),
        sender=str(row.sender_id),
        recipient=None if row.recipient_id is None else str(row.recipient_id),
        client_id=str(row.client_id),
        content=row.content,
        created_at=to_wire(row.created_at),
        failed_at=to_wire(row.finished_at or row.created_at),
        retry_count=row.retry_count,
        last_error=row.last_error,
    )
