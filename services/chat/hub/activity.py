"""Keeps how active the sessions of this process are, and has changes of that announced."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from services.chat.hub.session import Session

LOOK_EVERY_S = 15.0
"""How often silence is looked for."""

log = structlog.get_logger(__name__)

FELL_SILENT = metrics.counter(
    "parley_sessions_fell_silent", "Sessions that count as away because nothing was done in them."
)


class ActivityWatch:
    """One per process.

    Args:
        all_sessions: returns every open session of the process.
        on_changed: told of a session that is away now, or active again.
    """

    def __init__(
        self,
        *,
        all_sessions: Callable[[], Iterable[Session]],
        on_changed: Callable[[Session], None],
        clock: Clock,
    ) -> None:
        self._all_sessions = all_sessions
        self._on_changed = on_changed
        self._clock = clock

    def say(self, session: Session, state: Literal["active", "away"]) -> None:
        """Take a client's word about its person."""
        activity, now_s = session.activity, self._clock.monotonic()
        if activity.go_away() if state == "away" else activity.come_back(now_s):
            self._on_changed(session)

    def act(self, session: Session) -> None:
        """Take note of something that only a person does."""
        if session.activity.act(self._clock.monotonic()):
            self._on_changed(session)

    async def run(self) -> None:
        """Look for silence for ever; cancel it to stop."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                self.look()
            except Exception:
                log.exception("activity_bug")

    def look(self) -> None:
        """Find the sessions in which nothing was done for too long."""
        now_s = self._clock.monotonic()
        for session in self._all_sessions():
            if session.activity.fall_silent(now_s):
                FELL_SILENT.inc()
                self._on_changed(session)
