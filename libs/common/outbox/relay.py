"""Publishes what stands in an outbox and was not published from memory.

Any process does it for all: a row is locked while it is published (SKIP LOCKED), so two of them
share the work. What was published and not deleted is published again; readers bear that.
"""

import asyncio
import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Sequence

import structlog

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher

LOOK_EVERY_S = 0.5
LEFT_OVER_AFTER = dt.timedelta(seconds=1)
"""Age from which a row that is announced from memory is left over."""
PUBLISH_WITHIN_S = 1.0
"""How long a thread waits for the loop to publish; above the publisher's own bound."""

RELAYED = metrics.counter("parley_outbox_relayed", "Outbox rows published by the relay.")

log = structlog.get_logger(__name__)

Publish = Callable[[Sequence[Outgoing]], None]
"""Publishes from a thread; raises ``Unavailable`` where that is not confirmed."""


class Relay:
    """One per process.

    Args:
        publish_some: publishes some rows that are left over, and deletes them, in one transaction
            that locks them; returns how many there were. Runs in a thread of ``database``.
        on_held_up: told after each round that left something unpublished.
    """

    def __init__(
        self,
        *,
        publisher: Publisher,
        database: DatabaseThreads,
        publish_some: Callable[[Publish], int],
        on_held_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_held_up = on_held_up
        self._publisher = publisher
        self._database = database
        self._publish_some = publish_some
        self._poked = asyncio.Event()
        self._one_round = threading.Lock()

    def poke(self) -> None:
        """Look now: something was committed in this process that nobody announces."""
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
            outcome = await self._database.run(self._one, loop)
            if isinstance(outcome, Unavailable):
                raise outcome
            published = outcome
            RELAYED.inc(published)

    def _one(self, loop: asyncio.AbstractEventLoop) -> int | Unavailable:
        """Publish one round, in a thread; return how many rows it was, or that Redis took none.

        What is raised here the breaker of PostgreSQL counts, which has done its part.
        """
        if not self._one_round.acquire(blocking=False):
            return 0  # the last one was given up by its caller and still goes on
        try:
            return self._publish_some(lambda news: self._publish(news, loop))
        except Unavailable as error:
            return error
        finally:
            self._one_round.release()

    def _publish(self, news: Sequence[Outgoing], loop: asyncio.AbstractEventLoop) -> None:
        publishing = asyncio.run_coroutine_threadsafe(self._publisher.publish(news), loop)
        try:
            publishing.result(PUBLISH_WITHIN_S)
        except TimeoutError as error:
            raise Unavailable from error
