"""The greatest age of a connection: who has been here for hours comes back, perhaps elsewhere.

So connections spread over processes that were added later, without anybody restarting the others.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import structlog

from libs.common.clock import Clock
from services.chat.domain.departing import after_ms, age_of
from services.chat.drain.departures import Session, send_away

SWEEPS = 50
"""How often it is looked during the greatest age, if that is short."""
SWEEP_EVERY_S = 15.0
"""How often at least: those who are due come back during the second behind it."""

log = structlog.get_logger(__name__)

SessionT = TypeVar("SessionT", bound=Session)


class Ages(Generic[SessionT]):
    """One per process. A connection's time begins when a sweep first meets it.

    Args:
        all_sessions: returns every open session of the process.
        greatest_s: how old connections may get, on average; 0 for as old as they like.
    """

    def __init__(
        self,
        *,
        all_sessions: Callable[[], Iterable[SessionT]],
        greatest_s: float,
        clock: Clock,
    ) -> None:
        self._all_sessions = all_sessions
        self._greatest_s = greatest_s
        self._clock = clock

    async def run(self) -> None:
        """Look for ever; cancel it to stop."""
        if not self._greatest_s:
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(min(SWEEP_EVERY_S, self._greatest_s / SWEEPS))
            try:
                self.sweep()
            except Exception:
                log.exception("ages_bug")

    def sweep(self) -> None:
        """Send away who is too old. Long polls end by themselves."""
        now_s = self._clock.monotonic()
        for session in self._all_sessions():
            if session.kind == "poll":
                continue
            if session.leave_at_s is None:
                session.leave_at_s = now_s + age_of(self._greatest_s, random.random())  # noqa: S311 - no secret
            elif session.leave_at_s <= now_s:
                send_away(session, after_ms=after_ms(random.random()), reason="age")  # noqa: S311 - no secret
