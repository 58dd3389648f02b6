"""Takes over what became of submissions: sent, refused, given up, or not judged at all."""

import datetime as dt
import random
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from libs.common import metrics
from libs.common.events import Outcome
from services.queue.actions.outgoing.lines import hasten_the_others, lock_lines, release_lines
from services.queue.domain.backoff import (
    OUTAGE_BASE_S,
    OUTAGE_LONGEST_S,
    REFUSED_BASE_S,
    Random,
    calculate_backoff,
)
from services.queue.models import Ending, Outbox, QueuedMessage, QueueType

SETTLED = metrics.counter(
    "parley_queue_settled", "Outcomes of submissions: sent, refused, failed or outage.", ["outcome"]
)

JUDGED = [
    "queue_type",
    "judged",
    "retry_count",
    "next_retry_at",
    "is_processed",
    "finished_at",
    "ending",
    "sent_at",
    "to_seq",
    "last_error",
]
"""The fields that ``_judge`` sets."""


@transaction.atomic
def settle(outcomes: Sequence[Outcome], *, now: dt.datetime, draw: Random = random.random) -> None:
    """Take over what became of submissions.

    What was sent is finished; what chat refused is tried again, three times in all, and is a dead
    letter then; where chat was not able to judge nothing counts. The next of the line follows what
    is finished. Idempotent: that a message was not sent counts once for each submission of it.

    Args:
        outcomes: one of each message.
        now: of the caller's clock.
        draw: returns random numbers.
    """
    by_id = {outcome.id: outcome for outcome in outcomes}
    lines = QueuedMessage.objects.filter(id__in=by_id).values_list("sender_id", "room_id")
    lock_lines([(str(sender), str(room)) for sender, room in lines])
    sent = [outcome.id for outcome in outcomes if not outcome.code]
    # Also what was given up, if it turns out to be sent after all.
    open_rows = Q(is_processed=False) | Q(id__in=sent, ending=Ending.FAILED)
    rows = [
        row
        for row in QueuedMessage.objects.select_for_update()
        .filter(open_rows, id__in=by_id)
        .exclude(queue_type=QueueType.INCOMING)
        .order_by("id")
        if not by_id[row.id].code or by_id[row.id].attempt > row.judged
    ]
    for row in rows:
        SETTLED.labels(_judge(row, by_id[row.id], now=now, draw=draw)).inc()
    QueuedMessage.objects.bulk_update(rows, JUDGED)
    finished = [row for row in rows if row.is_processed]
    if not finished:
        return
    release_lines([(str(row.sender_id), str(row.room_id)) for row in finished], now=now)
    if any(row.ending == "sent" for row in finished):
        hasten_the_others(now=now)
    Outbox.objects.create(messages=[row.id for row in finished])


def _judge(row: QueuedMessage, outcome: Outcome, *, now: dt.datetime, draw: Random) -> str:
    """Let an outcome change a row; return how it counts."""
    if not outcome.code:
        _finish(row, "sent", now=now)
        row.sent_at, row.to_seq, row.last_error = (
            dt.datetime.fromisoformat(outcome.at),
            outcome.seq,
            "",
        )
        return "sent"
    row.judged = outcome.attempt
    row.last_error = f"{outcome.code}: {outcome.message}"
    has_turn = row.next_retry_at is not None
    if not outcome.is_refusal:
        if has_turn:
            row.next_retry_at = _later(now, row.attempts, OUTAGE_BASE_S, OUTAGE_LONGEST_S, draw)
        return "outage"
    row.queue_type = QueueType.RETRY
    row.retry_count += 1
    if row.retry_count >= row.max_retries:
        _finish(row, "failed", now=now)
        return "failed"
    if has_turn:
        row.next_retry_at = _later(now, row.retry_count, REFUSED_BASE_S, OUTAGE_LONGEST_S, draw)
    return "refused"


def _finish(row: QueuedMessage, ending: str, *, now: dt.datetime) -> None:
    row.is_processed, row.finished_at, row.next_retry_at, row.ending = True, now, None, ending


def _later(
    now: dt.datetime, tries: int, base_s: float, longest_s: float, draw: Random
) -> dt.datetime:
    wait_s = calculate_backoff(max(tries, 1), base_s=base_s, longest_s=longest_s, random=draw)
    return now + dt.timedelta(seconds=wait_s)
