"""Asks receipts how far members are, where news of that may have been missed.

After a wipe of Redis receipts tells again who lags, but not who caught up just before: what waits
here is asked for. Where our group was cut off, or nothing is known, everybody who lags is.
"""

import asyncio
import datetime as dt

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.events import LagRequested
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher
from services.queue.selectors.waiting import unfinished_incoming
from services.queue.store import QUEUE_REQUESTS

MEMBERS = 1_000
"""Members of one question."""
AGAIN_AFTER_S = 1.0
CHECK_EVERY_S = 3600.0
"""How often what has waited for that long is asked for anyway: no news is ever awaited in vain."""

ASKED = metrics.counter("parley_queue_lag_asked", "Members whom receipts was asked for.")

log = structlog.get_logger(__name__)


class LagWanted:
    """One per process; any number of them only ask more often."""

    def __init__(self, *, publisher: Publisher, database: DatabaseThreads, clock: Clock) -> None:
        self._publisher = publisher
        self._database = database
        self._clock = clock
        self._is_wanted = asyncio.Event()

    async def everybody(self) -> None:
        """Ask for everybody who lags.

        Raises:
            Unavailable: Redis did not take the question.
        """
        await self._ask(LagRequested())
        self.check()

    def check(self) -> None:
        """Have everybody asked for of whom something waits here."""
        self._is_wanted.set()

    async def run(self) -> None:
        """Ask where that is wanted, and now and then, until cancelled."""
        while True:
            old_only = dt.timedelta(0)
            try:
                async with asyncio.timeout(CHECK_EVERY_S):
                    await self._is_wanted.wait()
            except TimeoutError:
                old_only = dt.timedelta(seconds=CHECK_EVERY_S)
            self._is_wanted.clear()
            try:
                await self._ask_for_all(before=self._clock.now() - old_only)
            except ParleyError as error:
                log.info("lag_is_asked_for_later", code=error.code)
                self._is_wanted.set()
                await asyncio.sleep(AGAIN_AFTER_S)
            except Exception:
                log.exception("lag_wanted_bug")
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _ask_for_all(self, *, before: dt.datetime) -> None:
        after: int | None = 0
        while after is not None:
            page = await self._database.run(
                unfinished_incoming, after=after, limit=MEMBERS, before=before
            )
            if page:
                await self._ask(LagRequested(members=[(room, user) for _, room, user in page]))
                ASKED.inc(len(page))
            after = page[-1][0] if len(page) == MEMBERS else None

    async def _ask(self, question: LagRequested) -> None:
        await self._publisher.publish([Outgoing(QUEUE_REQUESTS, 0, [question])])
