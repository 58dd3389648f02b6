"""Compares what was delivered here with what is in the database, whatever the streams told.

This is also how delivery goes on without Redis: while the tail is silent the comparison is
frequent and believed at once. Otherwise news get until the next comparison to arrive by themselves:
they may merely be on their way, and reading them would be one more load on what is late already.
PostgreSQL is told which heads are known, and answers with the others: most rooms are as they were.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.chat.hub.hub import Hub
from services.chat.selectors.heads import UNKNOWN, risen_heads
from services.chat.selectors.rooms import Head, rooms_of_users

SILENT_AFTER_S = 1.0
"""Time without a completed read of the tail after which it counts as silent."""
EVERY_S = 1.0
EVERY_SILENT_S = 0.25
SEATED_PER_TURN = 2000
"""Seats looked at before the event loop gets a turn; nearly all of them are taken already."""

CAUGHT_UP = metrics.counter("parley_safety_net_rooms", "Rooms that the safety net had to catch up.")

log = structlog.get_logger(__name__)


def _nobody(_: Sequence[Head]) -> None:
    """Be told of heads, and do nothing."""


class SafetyNet:
    """One per process.

    Args:
        silent_for_s: tells for how long the tail has completed no read.
        more_rooms: returns rooms whose heads are wanted too, whoever is here.
        on_heads: told of all heads that were read, before anything is caught up with.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        database: DatabaseThreads,
        silent_for_s: Callable[[], float],
        more_rooms: Callable[[], Iterable[str]] = tuple,
        on_heads: Callable[[Sequence[Head]], None] = _nobody,
    ) -> None:
        self._hub = hub
        self._database = database
        self._silent_for_s = silent_for_s
        self._more_rooms = more_rooms
        self._on_heads = on_heads
        self._heads: dict[str, Head] = {}
        self._snapshot: str | None = None
        self._doubtful = False
        self._looked_at_s = float("-inf")

    def doubt(self) -> None:
        """Expect that news of rooms were lost or are held up: look for them the next time."""
        self._doubtful = True

    @property
    def silent(self) -> bool:
        """Whether nothing comes from the streams at the moment."""
        return self._silent_for_s() > SILENT_AFTER_S

    async def run(self) -> None:
        """Compare for ever; cancel it to stop."""
        while True:
            await self._pause()
            try:
                await self.compare()
            except ParleyError as error:
                log.info("safety_net_waits", code=error.code)
            except Exception:
                log.exception("safety_net_bug")

    async def compare(self) -> None:
        """Compare all local rooms once, and catch up with what is missing.

        Raises:
            ParleyError: the database did not answer; the next comparison makes up for it.
        """
        if self.silent or self._doubtful:
            await self._seat_in_new_rooms()
        before = self._heads
        heads = await self._read_heads({*self._hub.local_rooms(), *self._more_rooms()})
        self._on_heads(heads)
        for head in heads:
            self._hub.hear_of_version(head.room, head.version)
        for head in heads:
            due = head if self.silent else before.get(head.room)
            if due is not None and self._hub.is_behind(due):
                CAUGHT_UP.inc()
                self._hub.catch_up(due)

    async def _read_heads(self, rooms: set[str]) -> Sequence[Head]:
        """Return how far these rooms are."""
        heads = {room: head for room, head in self._heads.items() if room in rooms}
        known = {room: heads[room].risen if room in heads else UNKNOWN for room in rooms}
        snapshot = self._snapshot if len(heads) == len(rooms) else None
        self._snapshot, risen = await self._database.run(risen_heads, known, snapshot=snapshot)
        self._heads = heads | {head.room: head for head in risen}
        return list(self._heads.values())

    async def _pause(self) -> None:
        """Wait until a comparison is due; look in between only when the tail may have fallen silent."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + EVERY_S
        while (left_s := due_s - loop.time()) > 0:
            silent_in_s = SILENT_AFTER_S - self._silent_for_s()
            await asyncio.sleep(min(left_s, max(EVERY_SILENT_S, silent_in_s)))
            if self.silent:
                return

    async def _seat_in_new_rooms(self) -> None:
        """Look for rooms that nobody told of; not more often than every ``EVERY_S``."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._looked_at_s < EVERY_S:
            return
        self._looked_at_s = now_s
        self._doubtful = False  # before reading: what is doubted meanwhile is looked for again
        try:
            found = await self._database.run(rooms_of_users, self._hub.users())
        except ParleyError:
            self._doubtful = True
            raise
        for number, (user, room) in enumerate(found, start=1):
            if number % SEATED_PER_TURN == 0:
                await asyncio.sleep(0)
            self._hub.seat_user(user, room)
