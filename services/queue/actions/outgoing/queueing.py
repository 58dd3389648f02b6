"""Keeps messages that clients hand over: from the commit on, they will be sent."""

import datetime as dt

import msgspec
from django.db import transaction

from libs.common import metrics
from libs.common.errors import ClientIdReused, PermissionDenied, RateLimited
from services.queue.actions.outgoing.dead_letters import replay_dead_letters
from services.queue.actions.outgoing.lines import lock_lines, release_lines
from services.queue.models import Member, QueuedMessage, QueueType, Room

WAITING = 1_000
"""Messages of one sender that may wait at the same time."""
FULL_FOR_S = 60.0
"""When a sender with so many may try again."""

ACCEPTED = metrics.counter(
    "parley_queue_outgoing_accepted", "Messages that were queued to be sent."
)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A message that somebody wants to be sent.

    Attributes:
        client_id: a canonical UUID.
    """

    sender: str
    room: str
    client_id: str
    content: str
    reply_to: int | None = None


@transaction.atomic
def queue_outgoing_message(wish: Wish, *, now: dt.datetime) -> bool:
    """Keep a message until chat has it; tell whether it is a new one.

    Where it is there already nothing changes, unless it was given up: then it gets another chance.

    Args:
        wish: its content is checked.
        now: of the caller's clock.

    Raises:
        PermissionDenied: the sender is no member, as far as is known here.
        ClientIdReused: it is there with other content.
        RateLimited: ``WAITING`` messages of theirs wait already.
    """
    member = Member.objects.filter(room_id=wish.room, user_id=wish.sender)
    if not member.exists():
        raise PermissionDenied
    lock_lines([(wish.sender, wish.room)])
    known = QueuedMessage.objects.filter(
        room_id=wish.room, sender_id=wish.sender, client_id=wish.client_id
    ).exclude(queue_type=QueueType.INCOMING)
    row = known.first()
    if row is not None:
        if (row.content, row.reply_to) != (wish.content, wish.reply_to):
            raise ClientIdReused
        if row.ending in ("failed", "discarded"):
            replay_dead_letters([row.id], now=now)
        return False
    _check_may_wait(wish.sender)
    row = QueuedMessage.objects.create(
        queue_type=QueueType.OUTGOING,
        sender_id=wish.sender,
        recipient_id=_recipient(wish),
        room_id=wish.room,
        client_id=wish.client_id,
        content=wish.content,
        reply_to=wish.reply_to,
        created_at=now,
    )
    release_lines([(wish.sender, wish.room)], now=now)
    ACCEPTED.inc()
    return True


def _check_may_wait(sender: str) -> None:
    waiting = QueuedMessage.objects.filter(sender_id=sender, is_processed=False)
    if waiting.exclude(queue_type=QueueType.INCOMING).count() >= WAITING:
        raise RateLimited("So many of your messages wait already.", retry_after_s=FULL_FOR_S)


def _recipient(wish: Wish) -> str | None:
    """Return the other member of a direct room."""
    if not Room.objects.filter(id=wish.room, is_direct=True).exists():
        return None
    others = Member.objects.filter(room_id=wish.room).exclude(user_id=wish.sender)
    found = others.values_list("user_id", flat=True).first()
    return None if found is None else str(found)
