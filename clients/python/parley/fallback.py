"""Without a socket: sending, fetching and reporting over HTTP, where WebSockets do not get through.

What comes goes into the same ``Core``, so it does not matter which way a message took.
"""

import asyncio
from collections.abc import Callable

from .api import Api
from .chat_api import CHAT
from .clock import Clock
from .commands import ReadReceipt
from .core import Core
from .errors import (
    NotFound,
    ParleyError,
    PermissionDenied,
    Timeout,
    Unavailable,
)
from .other_apis import QUEUE
from .pending import Request, Road
from .rooms import SYNC_ROOMS
from .traffic import ANSWER_WITHIN_S


class Fallback:
    """See the module.

    Args:
        core: the decisions.
        api: the HTTP interface.
        clock: what time it is.
        pump: carries out what the core decided.
    """

    def __init__(self, core: Core, api: Api, *, clock: Clock, pump: Callable[[], None]) -> None:
        self._core = core
        self._api = api
        self._clock = clock
        self._pump = pump

    async def carry(self, request: Request) -> None:
        """Make one try of a message over HTTP, and take in what came of it."""
        core, now = self._core, self._clock.monotonic
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                if request.road is Road.QUEUE:
                    await self._api.queue_outgoing(request.draft)
                    core.outbox.queued(request, now())
                else:
                    message, duplicate = await self._api.send(request.draft)
                    core.posted(request, message, now(), duplicate=duplicate)
        except TimeoutError:
            silence = Timeout(f"no answer within {ANSWER_WITHIN_S:g} s")
            core.outbox.missed(request, silence, now())
        except ParleyError as error:
            core.outbox.missed(request, _met(error, request.road), now())
        core.tick(now())
        self._pump()

    async def look(self) -> None:
        """Find out which services answer again."""
        chat = await self._answers(CHAT)
        queue = chat or await self._answers(QUEUE)
        now = self._clock.monotonic()
        self._core.outbox.looked(now, chat=chat, queue=queue)
        self._core.tick(now)
        self._pump()

    async def catch_up(self, wait_s: float | None) -> None:
        """Fetch what is missing; see ``Chat.catch_up``."""
        rooms = list(self._core.rooms.cursors())
        for first in range(0, max(len(rooms), 1), SYNC_ROOMS):
            await self._catch_up(rooms[first : first + SYNC_ROOMS], wait_s)
        if not self._core.online:
            await self._report()

    async def _answers(self, base: str) -> bool:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._api.check_health(base)
        except (TimeoutError, ParleyError):
            return False
        return True

    async def _catch_up(self, rooms: list[str], wait_s: float | None) -> None:
        """Ask page by page, for as long as there is more."""
        core = self._core
        while True:
            cursors = {room: core.rooms.cursor(room) for room in rooms}
            known = core.rooms.known
            versions = {room: known[room].version for room in rooms if room in known}
            missing = await self._api.sync(cursors, wait_s=wait_s, versions=versions)
            now = self._clock.monotonic()
            core.learn([room for room in missing.changed if not room.removed], now)
            for message in missing.messages:
                core.take(message, now)
            core.synced(missing.rooms, now)
            for status in missing.statuses:
                core.advance(status)
            # Behind the messages: the last ones of a room that was left come with its farewell.
            core.learn([room for room in missing.changed if room.removed], now)
            self._pump()
            rooms = [entry.room for entry in missing.rooms if entry.has_more]
            if not rooms:
                return

    async def _report(self) -> None:
        """Report what was received and read; what gets lost is reported by the next connection."""
        for receipt in self._core.take_receipts(self._clock.monotonic()):
            is_read = isinstance(receipt, ReadReceipt)
            member = "read_seq" if is_read else "delivered_seq"
            await self._api.report_receipts(receipt.room, **{member: receipt.seq})
        self._pump()


def _met(error: ParleyError, road: Road) -> ParleyError:
    """Say what a try of a message met: these answers are no word of chat, which alone judges."""
    if isinstance(error, NotFound):  # what stands before the services does not find them
        return Unavailable(f"{road.value} is not there")
    if road is Road.QUEUE and isinstance(error, PermissionDenied):  # it hears of rooms later
        return Unavailable("the queue service does not know of this membership")
    return error
