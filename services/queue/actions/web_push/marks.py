"""From what moved to what is due to be pushed; and a sweep, for what was missed on that way.

What moved is told from memory, behind the handler that has written it: a process that dies before it
is marked loses nothing but time, because the sweep looks at everything every minute.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.queue.actions.web_push.marking import forget_told, mark_moved, mark_waiting
from services.queue.selectors.web_push import push_stats, subscriptions_after

GATHER_S = 0.1
"""How long what moves is gathered: many fall behind in the same second, and each waited for two."""
REST_S = 0.5
"""Pause while PostgreSQL is away."""
SWEEP_EVERY_S = 60.0
PAGE = 500
"""Subscriptions that are swept in one statement."""
REMEMBERED = 20_000
"""Members and rooms that are remembered while PostgreSQL is away; above that the sweep finds them."""

SUBSCRIPTIONS = metrics.gauge(
    "parley_web_push_subscriptions", "Browsers that are to be told; as counted a minute ago."
)
WAITING = metrics.gauge(
    "parley_web_push_waiting", "Pushes whose time has come; as counted a minute ago."
)
OLDEST = metrics.gauge(
    "parley_web_push_oldest_seconds",
    "For how long the push whose time came first has been due; as of a minute ago.",
)

log = structlog.get_logger(__name__)


class Marks:
    """One per process.

    Args:
        on_due: called when something is due now.
    """

    def __init__(
        self, *, database: DatabaseThreads, clock: Clock, on_due: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._on_due = on_due
        self._members: set[tuple[str, str]] = set()
        self._rooms: set[str] = set()
        self._moved = asyncio.Event()

    def moved(self, *, members: Iterable[tuple[str, str]], rooms: Iterable[str]) -> None:
        """Take note of members who lag, as (room, user), and of rooms that have new heads."""
        if len(self._members) + len(self._rooms) < REMEMBERED:
            self._members.update(members)
            self._rooms.update(rooms)
            self._moved.set()

    async def run(self) -> None:
        """Mark what moved, until cancelled."""
        while True:
            await self._moved.wait()
            await asyncio.sleep(GATHER_S)
            self._moved.clear()
            members, rooms = self._members, self._rooms
            self._members, self._rooms = set(), set()
            try:
                now = self._clock.now()
                marked = await self._database.run(mark_moved, members=members, rooms=rooms, now=now)
            except ParleyError as error:
                log.info("web_push_marks_wait", code=error.code)
                self.moved(members=members, rooms=rooms)
                await asyncio.sleep(REST_S)
            except Exception:
                log.exception("web_push_marks_bug")
                await asyncio.sleep(REST_S)
            else:
                if marked:
                    self._on_due()

    async def sweep_for_ever(self) -> None:
        """Sweep every minute, until cancelled."""
        while True:
            try:
                await self.sweep()
            except ParleyError as error:
                log.info("web_push_sweep_waits", code=error.code)
            except Exception:
                log.exception("web_push_sweep_bug")
            await asyncio.sleep(SWEEP_EVERY_S)

    async def sweep(self) -> None:
        """Mark what was missed, forget what is told, and count.

        Raises:
            ParleyError: PostgreSQL did not take part; it is done the next time.
        """
        now = self._clock.now()
        after: int | None = 0
        while after is not None:
            page = await self._database.run(subscriptions_after, after, limit=PAGE)
            last = page[-1] if len(page) == PAGE else None
            if page:
                await self._database.run(mark_waiting, page, at=now, now=now)
            await self._database.run(forget_told, after=after, last=last, now=now)
            after = last
        self._on_due()
        self._show(await self._database.run(push_stats, now=now))

    def _show(self, stats: tuple[int, int, dt.timedelta]) -> None:
        subscriptions, waiting, oldest = stats
        SUBSCRIPTIONS.set(subscriptions)
        WAITING.set(waiting)
        OLDEST.set(max(0.0, oldest.total_seconds()))
