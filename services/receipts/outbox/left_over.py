"""Publishes some outbox rows that are left over, for the relay; those about laggards at once.

It runs in a thread, in one transaction that locks the rows it publishes.
"""

from collections.abc import Sequence
from itertools import accumulate

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from libs.common.outbox import LEFT_OVER_AFTER, Publish
from services.receipts.models import Outbox
from services.receipts.outbox.news import outgoing

ROWS = 100
SUBJECTS = 2_000
"""Rows, and what they point at, in one round; a single larger row has one of its own. Bounds what
is read and published while they are locked: what takes too long would never be published."""


def publish_some(publish: Publish, *, partitions: int) -> int:
    """Publish some rows and delete them; return how many."""
    with transaction.atomic():
        old = Q(created_at__lt=Now() - LEFT_OVER_AFTER)
        left_over = (
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(~Q(event=Outbox.WATERMARKS_ADVANCED) | old)
            .order_by("id")[:ROWS]
        )
        rows = _first_few(list(left_over))
        if rows:
            publish(outgoing(rows, partitions=partitions))
            delete_rows([row.id for row in rows])
    return len(rows)


def delete_rows(rows: Sequence[int]) -> None:
    """Delete outbox rows whose news is out."""
    Outbox.objects.filter(id__in=rows).delete()


def _first_few(rows: Sequence[Outbox]) -> Sequence[Outbox]:
    sizes = accumulate(len(row.users) for row in rows)
    few = sum(size <= SUBJECTS for size in sizes)
    return rows[: max(few, 1)]
