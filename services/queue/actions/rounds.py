"""Submits to chat what waits to be sent, and offers sessions what waits for their people.

Both stand in PostgreSQL with the time at which they are due: any process does them for all.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from libs.common import metrics, tracing
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.events import MessagesSubmitted
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher
from services.queue.actions import offers, outgoing
from services.queue.store import QUEUE_DELIVERIES, QUEUE_SUBMISSIONS

LOOK_EVERY_S = 1.0
"""How often each process looks what is due, besides when it knows of something: of what it does
while nothing happens this is the most."""
REST_S = 0.5
"""Pause while PostgreSQL, Redis or whoever else takes part is away."""

PUT_OFF = metrics.counter(
    "parley_queue_put_off", "Rounds in which PostgreSQL or Redis did not take part.", ["what"]
)

log = structlog.get_logger(__name__)


class Rounds:
    """Does one kind of thing, round after round, until nothing is due; one per process and kind.

    Args:
        what: its name, for metrics and logs.
        do_some: does some of it and tells how much; raises ``ParleyError`` where that is not
            possible now.
    """

    def __init__(self, what: str, do_some: Callable[[], Awaitable[int]]) -> None:
        self._what = what
        self._do_some = do_some
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Look now: something is due."""
        self._poked.set()

    async def run(self) -> None:
        """Look every ``LOOK_EVERY_S`` and when poked, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._poked.wait()
            self._poked.clear()
            try:
                while await self._do_some():
                    pass
            except ParleyError as error:
                PUT_OFF.labels(self._what).inc()
                log.info("queue_waits", what=self._what, code=error.code)
                await asyncio.sleep(REST_S)
            except Exception:
                log.exception("queue_bug", what=self._what)
                await asyncio.sleep(REST_S)


class Submitter:
    """Publishes what is due. One per process."""

    def __init__(self, *, publisher: Publisher, database: DatabaseThreads, clock: Clock) -> None:
        self._publisher = publisher
        self._database = database
        self._clock = clock

    async def submit_some(self) -> int:
        """Submit some messages whose turn has come; return how many.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part; they stay due.
        """
        self._check_redis()
        due = await self._database.run(outgoing.take_due, now=self._clock.now())
        if due:
            news = [Outgoing(QUEUE_SUBMISSIONS, 0, [MessagesSubmitted(submissions=due)])]
            causes = [tracing.note_message("submit", each.client_id) for each in due]
            try:
                await self._publisher.publish(news, causes=causes)
            except Unavailable:
                await self._database.run(outgoing.put_back, due, now=self._clock.now())
                raise
        return len(due)

    async def offer_some(self) -> int:
        """Offer some sessions what waits for their people; return how many it was.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part; they stay due.
        """
        self._check_redis()
        taken = await self._database.run(offers.process_queue, now=self._clock.now())
        if taken.events:
            try:
                await self._publisher.publish([Outgoing(QUEUE_DELIVERIES, 0, taken.events)])
            except Unavailable:
                await self._database.run(offers.put_back, taken, now=self._clock.now())
                raise
            offers.count_offered(taken)
        return len(taken.due)

    def _check_redis(self) -> None:
        """Take nothing out that cannot be published anyway."""
        retry_after_s = self._publisher.breaker.retry_after_s
        if retry_after_s > 0:
            raise Unavailable(retry_after_s=retry_after_s)
