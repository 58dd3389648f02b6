"""Publishes some outbox rows that are left over, for the relay: what is not about messages at once.

It runs in a thread, in one transaction that locks the rows it publishes.
"""

from collections.abc import Sequence

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from libs.common import metrics
from libs.common.outbox import LEFT_OVER_AFTER, Publish
from libs.common.streams.entries import Outgoing
from services.chat.models import Outbox
from services.chat.outbox.news import MESSAGE_CREATED, outgoing

ROWS = 200
MESSAGES = 2000
"""Rows of one round, and messages in them: bounds the transaction that holds their locks."""

DROPPED = metrics.counter(
    "parley_outbox_dropped", "Outbox rows of which no event could be made: a bug, and logged."
)

log = structlog.get_logger(__name__)


def publish_some(publish: Publish, *, partitions: int) -> int:
    """Publish some rows and delete them; return how many."""
    with transaction.atomic():
        rows = _as_many_as_fit(list(_left_over()[:ROWS]))
        if rows:
            publish(_news(rows, partitions=partitions))
            delete_rows([row.id for row in rows])
    return len(rows)


def delete_rows(rows: Sequence[int]) -> None:
    """Delete outbox rows whose news is out."""
    Outbox.objects.filter(id__in=rows).delete()


def _news(rows: Sequence[Outbox], *, partitions: int) -> list[Outgoing]:
    """Return what is to be published; a row of which nothing can be made is dropped.

    It would hold up all that come after it, and what it points at is in the database.
    """
    try:
        return outgoing(rows, partitions=partitions)
    except DatabaseError:
        raise
    except Exception:
        log.exception("outbox_cannot_be_told", rows=[row.id for row in rows])
    if len(rows) == 1:
        DROPPED.inc()
        return []
    return [item for row in rows for item in _news([row], partitions=partitions)]


def _left_over() -> QuerySet[Outbox]:
    old = Q(created_at__lt=Now() - LEFT_OVER_AFTER)
    rows = Outbox.objects.select_for_update(skip_locked=True)
    return rows.filter(~Q(event=MESSAGE_CREATED) | old).order_by("id")


def _as_many_as_fit(rows: Sequence[Outbox]) -> Sequence[Outbox]:
    """Return the first rows with at most about ``MESSAGES`` messages in all, at least one row."""
    left = MESSAGES
    for place, row in enumerate(rows):
        left -= sum(row.last_seqs) - sum(row.first_seqs) + len(row.first_seqs)
        if left < 0:
            return rows[: max(1, place)]
    return rows
