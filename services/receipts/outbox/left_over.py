"""Publishes some outbox rows that are left over, for the relay; those about laggards at once.

It runs in a thread, in one transaction that locks the rows it publishes.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from libs.common.outbox import LEFT_OVER_AFTER, Publish
from services.receipts.models import Outbox
from services.receipts.outbox.news import outgoing

ROWS = 100
"""Rows of one round, each of at most 2000 members: bounds the transaction that holds their locks."""


def publish_some(publish: Publish, *, partitions: int) -> int:
    """Publish some rows and delete them; return how many."""
    with transaction.atomic():
        old = Q(created_at__lt=Now() - LEFT_OVER_AFTER)
        rows = list(
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(~Q(event=Outbox.WATERMARKS_ADVANCED) | old)
            .order_by("id")[:ROWS]
        )
        if rows:
            publish(outgoing(rows, partitions=partitions))
            delete_rows([row.id for row in rows])
    return len(rows)


def delete_rows(rows: Sequence[int]) -> None:
    """Delete outbox rows whose news is out."""
    Outbox.objects.filter(id__in=rows).delete()
