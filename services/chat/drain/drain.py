"""The drain: before a process stops, its clients move to others, a few at a time.

The order matters. First nobody new is let in and a load balancer is told so, then it is waited
until that has noticed, then the clients go: else they would come back to where they were.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from libs.common import metrics
from services.chat.domain.departing import (
    BATCH_EVERY_S,
    after_ms,
    after_ms_together,
    batches_of,
    share_of,
)
from services.chat.drain.departures import Session, send_away

DRAINING = metrics.gauge("parley_draining", "1 while the process sends its clients elsewhere.")

log = structlog.get_logger(__name__)

SessionT = TypeVar("SessionT", bound=Session)


class Drain(Generic[SessionT]):
    """One per process.

    Args:
        all_sessions: returns every open session of the process.
        delay_s: from the refusal of newcomers to the first who goes.
        window_s: from the first who goes to the last.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        *,
        all_sessions: Callable[[], Sequence[SessionT]],
        delay_s: float,
        window_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._all_sessions = all_sessions
        self._delay_s = delay_s
        self._window_s = window_s
        self._sleep = sleep

    async def run(self) -> None:
        """Send everybody away, in random order and evenly; return as soon as nobody is left.

        Newcomers have to be refused already, and long polls answered.
        """
        log.info("draining", sessions=len(self._left()), within_s=self._delay_s + self._window_s)
        DRAINING.set(1)
        await self._wait_for_balancers()
        sizes = await self._send_away_in_batches()
        log.info("drained", sessions=sum(sizes), batches=len(sizes), largest=max(sizes, default=0))

    def answer_polls(self) -> None:
        """Have those who wait in a long poll ask again, elsewhere: they would soon do so anyway."""
        for session in self._all_sessions():
            if session.kind == "poll":
                send_away(session, after_ms=0, reason="drain")

    def send_all_away(self) -> None:
        """Send away at once who is left."""
        left = self._left()
        for session in left:
            pause_ms = after_ms_together(random.random(), count=len(left))  # noqa: S311 - no secret
            send_away(session, after_ms=pause_ms, reason="stop")

    async def _wait_for_balancers(self) -> None:
        """Wait until who spreads connections has noticed; not where nobody would come back."""
        for _ in range(batches_of(self._delay_s) if self._delay_s else 0):
            if not self._left():
                return
            await self._sleep(self._delay_s / batches_of(self._delay_s))

    async def _send_away_in_batches(self) -> list[int]:
        """Send everybody away; return how many went in each batch."""
        batches, sizes = batches_of(self._window_s), []
        for to_come in range(batches, 0, -1):
            left = self._left()
            if not left:
                break
            sizes.append(share_of(len(left), batches=to_come))
            for session in random.sample(left, sizes[-1]):
                send_away(session, after_ms=after_ms(random.random()), reason="drain")  # noqa: S311 - no secret
            if to_come > 1 and self._left():
                await self._sleep(min(BATCH_EVERY_S, self._window_s / batches))
        return sizes

    def _left(self) -> list[SessionT]:
        """Return who has not gone; some may come yet who were let in a moment ago."""
        return [each for each in self._all_sessions() if not each.listener.closed]
