"""What staff does about messages that chat has refused three times."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction

from services.queue.actions.outgoing.lines import lock_lines, release_lines
from services.queue.models import QueuedMessage, QueueType


@transaction.atomic
def replay_dead_letters(ids: Sequence[int], *, now: dt.datetime) -> int:
    """Give messages that were given up three more tries; return how many there were."""
    rows = list(_dead_letters(ids))
    for row in rows:
        row.is_processed, row.finished_at, row.ending = False, None, ""
        row.queue_type, row.retry_count = QueueType.RETRY, 0
    QueuedMessage.objects.bulk_update(
        rows, ["is_processed", "finished_at", "ending", "queue_type", "retry_count"]
    )
    release_lines([(str(row.sender_id), str(row.room_id)) for row in rows], now=now)
    return len(rows)


@transaction.atomic
def discard_dead_letters(ids: Sequence[int], *, now: dt.datetime) -> int:
    """Let messages that were given up rest for good; return how many there were."""
    rows = [row.id for row in _dead_letters(ids) if row.ending == "failed"]
    return QueuedMessage.objects.filter(id__in=rows).update(ending="discarded", finished_at=now)


def _dead_letters(ids: Sequence[int]) -> Iterable[QueuedMessage]:
    lines = QueuedMessage.objects.filter(id__in=ids, queue_type=QueueType.RETRY, is_processed=True)
    lock_lines([(str(row.sender_id), str(row.room_id)) for row in lines])
    return QueuedMessage.objects.filter(
        id__in=ids, queue_type=QueueType.RETRY, ending__in=("failed", "discarded")
    )
