"""Takes messages whose turn has come; without an outcome they are due again, ever later."""

import datetime as dt
import random
from collections.abc import Iterable

from django.db import transaction

from libs.common import metrics
from libs.common.events import Submission
from services.queue.domain.backoff import (
    SILENCE_BASE_S,
    SILENCE_LONGEST_S,
    Random,
    calculate_backoff,
)
from services.queue.models import QueuedMessage, QueueType

SUBMISSIONS = 100
"""Messages that are submitted in one transaction."""

SUBMITTED = metrics.counter("parley_queue_submitted", "Submissions to chat.")


@transaction.atomic
def take_due(*, now: dt.datetime, draw: Random = random.random) -> list[Submission]:
    """Take some messages whose turn has come; they are due again later, should no outcome come.

    Args:
        now: of the caller's clock.
        draw: returns random numbers.
    """
    rows = list(
        QueuedMessage.objects.select_for_update(skip_locked=True)
        .filter(next_retry_at__lte=now, is_processed=False)
        .exclude(queue_type=QueueType.INCOMING)
        .order_by("next_retry_at")[:SUBMISSIONS]
    )
    for row in rows:
        row.attempts += 1
        row.next_retry_at = now + dt.timedelta(
            seconds=calculate_backoff(
                row.attempts, base_s=SILENCE_BASE_S, longest_s=SILENCE_LONGEST_S, random=draw
            )
        )
    QueuedMessage.objects.bulk_update(rows, ["attempts", "next_retry_at"])
    SUBMITTED.inc(len(rows))
    return [_submission(row) for row in rows]


def put_back(submissions: Iterable[Submission], *, now: dt.datetime) -> None:
    """Let messages be due again that were not submitted after all."""
    QueuedMessage.objects.filter(
        id__in=[each.id for each in submissions], next_retry_at__isnull=False
    ).update(next_retry_at=now)


def submit_all_again(*, now: dt.datetime) -> int:
    """Let everything be due that was submitted and has no outcome: Redis may have lost it."""
    return (
        QueuedMessage.objects.filter(is_processed=False, next_retry_at__gt=now)
        .exclude(queue_type=QueueType.INCOMING)
        .update(next_retry_at=now)
    )


def _submission(row: QueuedMessage) -> Submission:
    return Submission(
        id=row.id,
        attempt=row.attempts,
        room=str(row.room_id),
        sender=str(row.sender_id),
        client_id=str(row.client_id),
        content=row.content,
        reply_to=row.reply_to,
    )
