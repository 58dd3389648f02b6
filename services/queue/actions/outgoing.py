"""Messages that chat could not take: kept, submitted in order, and settled by what chat says.

A lane is what one sender has for one room. Only the first of a lane is ever submitted, so a room
gets a sender's messages in the order in which they were queued. Whoever puts a message into a lane
or takes one out holds the lane's lock: its first message always has a time, the others have none.
"""

import datetime as dt
import random
from collections.abc import Iterable, Sequence

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from libs.common import metrics
from libs.common.errors import ClientIdReused, PermissionDenied, RateLimited
from libs.common.events import Outcome, Submission
from services.queue.domain.backoff import (
    OUTAGE_BASE_S,
    OUTAGE_LONGEST_S,
    REFUSED_BASE_S,
    SILENCE_BASE_S,
    SILENCE_LONGEST_S,
    Random,
    calculate_backoff,
)
from services.queue.models import Ending, Member, Outbox, QueuedMessage, QueueType, Room

SUBMISSIONS = 100
"""Messages that are submitted in one transaction."""

WAITING = 1_000
"""Messages of one sender that may wait at the same time."""
FULL_FOR_S = 60.0
"""When a sender with so many may try again."""

ACCEPTED = metrics.counter(
    "parley_queue_outgoing_accepted", "Messages that were queued to be sent."
)
SUBMITTED = metrics.counter("parley_queue_submitted", "Submissions to chat.")
SETTLED = metrics.counter(
    "parley_queue_settled", "Outcomes of submissions: sent, refused, failed or outage.", ["outcome"]
)

Lane = tuple[str, str]
"""A sender, and a room."""


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
    _lock_lanes([(wish.sender, wish.room)])
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
    _release_lanes([(wish.sender, wish.room)], now=now)
    ACCEPTED.inc()
    return True


def _check_may_wait(sender: str) -> None:
    waiting = QueuedMessage.objects.filter(sender_id=sender, is_processed=False)
    if waiting.exclude(queue_type=QueueType.INCOMING).count() >= WAITING:
        raise RateLimited("So many of your messages wait already.", retry_after_s=FULL_FOR_S)


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
        id__in=[each.id for each in submissions], is_processed=False
    ).update(next_retry_at=now)


def submit_all_again(*, now: dt.datetime) -> int:
    """Let everything be due that was submitted and has no outcome: Redis may have lost it."""
    return (
        QueuedMessage.objects.filter(is_processed=False, next_retry_at__gt=now)
        .exclude(queue_type=QueueType.INCOMING)
        .update(next_retry_at=now)
    )


@transaction.atomic
def settle(outcomes: Sequence[Outcome], *, now: dt.datetime, draw: Random = random.random) -> None:
    """Take over what became of submissions.

    What was sent is finished; what chat refused is tried again, three times in all, and is a dead
    letter then; where chat was not able to judge nothing counts. The next of the lane follows what
    is finished. Idempotent: that a message was not sent counts once for each submission of it.

    Args:
        outcomes: one of each message.
        now: of the caller's clock.
        draw: returns random numbers.
    """
    by_id = {outcome.id: outcome for outcome in outcomes}
    lanes = QueuedMessage.objects.filter(id__in=by_id).values_list("sender_id", "room_id")
    _lock_lanes([(str(sender), str(room)) for sender, room in lanes])
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
    _release_lanes([(str(row.sender_id), str(row.room_id)) for row in finished], now=now)
    if any(row.ending == "sent" for row in finished):
        _hasten_the_others(now=now)
    Outbox.objects.create(messages=[row.id for row in finished])


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
    _release_lanes([(str(row.sender_id), str(row.room_id)) for row in rows], now=now)
    return len(rows)


@transaction.atomic
def discard_dead_letters(ids: Sequence[int], *, now: dt.datetime) -> int:
    """Let messages that were given up rest for good; return how many there were."""
    rows = [row.id for row in _dead_letters(ids) if row.ending == "failed"]
    return QueuedMessage.objects.filter(id__in=rows).update(ending="discarded", finished_at=now)


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
    if not outcome.is_refusal:
        row.next_retry_at = _later(now, row.attempts, OUTAGE_BASE_S, OUTAGE_LONGEST_S, draw)
        return "outage"
    row.queue_type = QueueType.RETRY
    row.retry_count += 1
    if row.retry_count >= row.max_retries:
        _finish(row, "failed", now=now)
        return "failed"
    row.next_retry_at = _later(now, row.retry_count, REFUSED_BASE_S, OUTAGE_LONGEST_S, draw)
    return "refused"


def _finish(row: QueuedMessage, ending: str, *, now: dt.datetime) -> None:
    row.is_processed, row.finished_at, row.next_retry_at, row.ending = True, now, None, ending


def _later(
    now: dt.datetime, tries: int, base_s: float, longest_s: float, draw: Random
) -> dt.datetime:
    wait_s = calculate_backoff(max(tries, 1), base_s=base_s, longest_s=longest_s, random=draw)
    return now + dt.timedelta(seconds=wait_s)


def _lock_lanes(lanes: Iterable[Lane]) -> None:
    """Lock lanes until the end of the transaction, in one order for all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_advisory_xact_lock(lane.key)
              FROM (SELECT DISTINCT hashtextextended('lane ' || name, 0) AS key
                      FROM unnest(%s::text[]) name ORDER BY 1) lane
            """,
            [[f"{sender} {room}" for sender, room in lanes]],
        )


def _release_lanes(lanes: Iterable[Lane], *, now: dt.datetime) -> None:
    """Let the first message of each lane be due, unless it has a time; all others have none."""
    distinct = sorted(set(lanes))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH waiting AS (
                SELECT row.id, row.next_retry_at,
                       row_number() OVER (PARTITION BY row.sender_id, row.room_id
                                              ORDER BY row.id) AS place
                  FROM unnest(%(senders)s::uuid[], %(rooms)s::uuid[]) lane (sender_id, room_id)
                  JOIN queued_message row
                    ON row.sender_id = lane.sender_id AND row.room_id = lane.room_id
                   AND NOT row.is_processed AND row.queue_type <> 'incoming')
            UPDATE queued_message SET next_retry_at = CASE waiting.place WHEN 1 THEN
                       coalesce(waiting.next_retry_at, %(now)s) END
              FROM waiting
             WHERE queued_message.id = waiting.id
               AND (waiting.place = 1) <> (waiting.next_retry_at IS NOT NULL)
            """,
            {
                "now": now,
                "senders": [sender for sender, _ in distinct],
                "rooms": [room for _, room in distinct],
            },
        )


def _hasten_the_others(*, now: dt.datetime) -> None:
    """Chat takes messages again: let what waits because it did not be due within a second."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE queued_message SET next_retry_at = %(now)s::timestamptz + random() * interval '1 s'
             WHERE id IN (SELECT id FROM queued_message
                           WHERE next_retry_at > %(now)s::timestamptz + interval '1 s'
                             AND queue_type = 'outgoing' AND NOT is_processed
                             AND last_error <> ''
                           FOR UPDATE SKIP LOCKED)
            """,
            {"now": now},
        )


def _dead_letters(ids: Sequence[int]) -> Iterable[QueuedMessage]:
    lanes = QueuedMessage.objects.filter(id__in=ids, queue_type=QueueType.RETRY, is_processed=True)
    _lock_lanes([(str(row.sender_id), str(row.room_id)) for row in lanes])
    return QueuedMessage.objects.filter(
        id__in=ids, queue_type=QueueType.RETRY, ending__in=("failed", "discarded")
    )


def _recipient(wish: Wish) -> str | None:
    """Return the other member of a direct room."""
    if not Room.objects.filter(id=wish.room, is_direct=True).exists():
        return None
    others = Member.objects.filter(room_id=wish.room).exclude(user_id=wish.sender)
    found = others.values_list("user_id", flat=True).first()
    return None if found is None else str(found)


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
