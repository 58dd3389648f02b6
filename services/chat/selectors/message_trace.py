"""What chat's database has of one message and of whom it is for: for staff, and without its text."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from libs.common.errors import NotFound
from libs.common.ids import uuid_of
from services.chat.domain.message_trace.facts import MessageFacts, RecipientFacts
from services.chat.models import Message, Outbox

MESSAGE_CREATED = "message.created"


def message_facts(*, room_id: str, seq: int) -> MessageFacts:
    """Return what is known of a message.

    Raises:
        NotFound: there is none.
    """
    room = uuid_of(room_id)
    if room is None:
        raise NotFound
    fields = ("sender_id", "client_id", "created_at")
    row = Message.objects.filter(room_id=room, seq=seq).values_list(*fields).first()
    if row is None:
        raise NotFound
    sender, client_id, created_at = row
    recipients, delivered, read = _counts(room, seq, sender)
    return MessageFacts(
        room=str(room),
        seq=seq,
        sender=str(sender),
        client_id=str(client_id),
        created_at=created_at,
        is_in_outbox=_is_in_outbox(room, seq),
        recipients=recipients,
        delivered=delivered,
        read=read,
    )


def recipients_of(facts: MessageFacts, *, after: UUID, limit: int) -> list[RecipientFacts]:
    """Return some of those whom a message is for, by id, behind ``after``."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT member.user_id::text, person.username, delivered_seq >= %(seq)s,
                   coalesce(shown_read_seq, read_seq) >= %(seq)s, person.is_active
              FROM member JOIN chat_user person ON person.id = member.user_id
             WHERE room_id = %(room)s::uuid AND left_seq IS NULL AND joined_seq < %(seq)s
               AND member.user_id <> %(sender)s::uuid AND member.user_id > %(after)s
             ORDER BY member.user_id LIMIT %(limit)s
            """,
            {
                "room": facts.room,
                "seq": facts.seq,
                "sender": facts.sender,
                "after": after,
                "limit": limit,
            },
        )
        return [
            RecipientFacts(
                user=user, username=username, delivered=delivered, read=read, is_active=is_active
            )
            for user, username, delivered, read, is_active in cursor.fetchall()
        ]


def _counts(room: UUID, seq: int, sender: UUID) -> Sequence[int]:
    """Return how many it is for, and how many of them have received and read it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE delivered_seq >= %(seq)s),
                   count(*) FILTER (WHERE coalesce(shown_read_seq, read_seq) >= %(seq)s)
              FROM member
             WHERE room_id = %(room)s AND left_seq IS NULL AND joined_seq < %(seq)s
               AND user_id <> %(sender)s
            """,
            {"room": room, "seq": seq, "sender": sender},
        )
        counts: Sequence[int] = cursor.fetchone()
        return counts


def _is_in_outbox(room: UUID, seq: int) -> bool:
    rows = Outbox.objects.filter(event=MESSAGE_CREATED, subjects__contains=[room])
    return any(
        subject == room and first <= seq <= last
        for row in rows
        for subject, first, last in zip(row.subjects, row.first_seqs, row.last_seqs, strict=True)
    )
