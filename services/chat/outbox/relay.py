"""Publishes what stands in the outbox and was not published from memory.

Any process does it for all: a row is locked while it is published (SKIP LOCKED), so two of them
share the work. What was published and not deleted is published again; readers bear that.
"""

import asyncio
import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Sequence

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher
from services.chat.models import Outbox
from services.chat.outbox.news import MESSAGE_CREATED, outgoing

LOOK_EVERY_S = 0.5
OLD_AFTER = dt.timedelta(seconds=1)
"""Age from which a row about messages is left over; younger ones are being published."""
ROWS = 200
MESSAGES = 2000
"""Rows of one round, and messages in them: bounds the transaction that holds their locks."""
PUBLISH_WITHIN_S = 1.0
"""How long a thread waits for the loop to publish; above the publisher's own bound."""

RELAYED = metrics.counter("parley_outbox_relayed", "Outbox rows published by the relay.")
DROPPED = metrics.counter(
    "parley_outbox_dropped", "Outbox rows of which no event could be made: a bug, and logged."
)

log = structlog.get_logger(__name__)


class Relay:
    """One per process.

    Args:
        on_held_up: told after each round that left something unpublished.
    """

    def __init__(
        self,
        *,
        publisher: Publisher,
        database: DatabaseThreads,
        partitions: int,
        on_held_up: Callable[[], None],
    ) -> None:
        self._on_held_up = on_held_up
        self._publisher = publisher
        self._database = database
        self._partitions = partitions
        self._poked = asyncio.Event()
        self._one_round = threading.Lock()

    def poke(self) -> None:
        """Look now: something other than a message was committed in this process."""
        self._poked.set()

    async def run(self) -> None:
        """Look every ``LOOK_EVERY_S`` and when poked, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), LOOK_EVERY_S)
            self._poked.clear()
            try:
                await self.publish_left_over()
            except ParleyError as error:
                log.info("relay_waits", code=error.code)
                self._on_held_up()
            except Exception:
                log.exception("relay_bug")
                self._on_held_up()

    async def publish_left_over(self) -> None:
        """Publish all rows that are left over.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part; what is left stays for later.
        """
        loop = asyncio.get_running_loop()
        published = 1
        while published:
            retry_after_s = self._publisher.breaker.retry_after_s
            if retry_after_s > 0:
                raise Unavailable(retry_after_s=retry_after_s)
            published = await self._database.run(self._publish_some, loop)

    def _publish_some(self, loop: asyncio.AbstractEventLoop) -> int:
        """Publish one round, in a thread; return how many rows it was."""
        if not self._one_round.acquire(blocking=False):
            return 0  # the last one was given up by its caller and still goes on
        try:
            with transaction.atomic():
                rows = _as_many_as_fit(list(_left_over()[:ROWS]))
                if rows:
                    self._publish(self._news(rows), loop)
                    Outbox.objects.filter(id__in=[row.id for row in rows]).delete()
                    RELAYED.inc(len(rows))
            return len(rows)
        finally:
            self._one_round.release()

    def _news(self, rows: Sequence[Outbox]) -> list[Outgoing]:
        """Return what is to be published; a row of which nothing can be made is dropped.

        It would hold up all that come after it, and what it points at is in the database.
        """
        try:
            return outgoing(rows, partitions=self._partitions)
        except DatabaseError:
            raise
        except Exception:
            log.exception("outbox_cannot_be_told", rows=[row.id for row in rows])
        if len(rows) == 1:
            DROPPED.inc()
            return []
        return [item for row in rows for item in self._news([row])]

    def _publish(self, news: Sequence[Outgoing], loop: asyncio.AbstractEventLoop) -> None:
        publishing = asyncio.run_coroutine_threadsafe(self._publisher.publish(news), loop)
        try:
            publishing.result(PUBLISH_WITHIN_S)
        except TimeoutError as error:
            raise Unavailable from error


def _left_over() -> QuerySet[Outbox]:
    old = Q(created_at__lt=Now() - OLD_AFTER)
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
