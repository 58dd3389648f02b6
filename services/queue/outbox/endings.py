"""Tells senders of their queued messages that have ended: what stands in the outbox, for the relay.

It runs in a thread, in one transaction that locks the rows it publishes.
"""

from collections.abc import Sequence

from django.db import transaction

from libs.common.clock import to_wire
from libs.common.events import Event, OutgoingFailed, OutgoingSent
from libs.common.outbox import Publish
from libs.common.streams.entries import Outgoing
from services.queue.models import Ending, Outbox, QueuedMessage
from services.queue.store import QUEUE_DELIVERIES

ROWS = 100


def publish_some(publish: Publish) -> int:
    """Publish some rows and delete them; return how many."""
    with transaction.atomic():
        rows = list(Outbox.objects.select_for_update(skip_locked=True).order_by("id")[:ROWS])
        if rows:
            publish(endings([message for row in rows for message in row.messages]))
            Outbox.objects.filter(id__in=[row.id for row in rows]).delete()
    return len(rows)


def endings(messages: Sequence[int]) -> list[Outgoing]:
    """Return what tells senders of messages that have ended; what goes on again is left out."""
    events = [
        event
        for row in QueuedMessage.objects.filter(id__in=messages).order_by("id")
        if (event := _ending(row)) is not None
    ]
    return [Outgoing(QUEUE_DELIVERIES, 0, events)]


def _ending(row: QueuedMessage) -> Event | None:
    user, room, client_id = str(row.sender_id), str(row.room_id), str(row.client_id)
    if row.ending == Ending.SENT and row.sent_at is not None:
        return OutgoingSent(
            user=user,
            room=room,
            client_id=client_id,
            seq=row.to_seq or 0,
            at=to_wire(row.sent_at),
        )
    if row.ending == Ending.FAILED:
        code, _, message = row.last_error.partition(": ")
        return OutgoingFailed(user=user, room=room, client_id=client_id, code=code, message=message)
    return None
