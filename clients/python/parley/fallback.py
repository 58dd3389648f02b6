"""Without a socket: sending, fetching and reporting over HTTP, where WebSockets do not get through.

What comes goes into the same ``Core``, so it does not matter which way a message took.
"""

import asyncio
from collections.abc import Callable

from clients.python.parley.api import Api
from clients.python.parley.clock import Clock, sleep
from clients.python.parley.commands import ReadReceipt
from clients.python.parley.core import Core
from clients.python.parley.errors import NotAcknowledged, ParleyError
from clients.python.parley.frames import Message
from clients.python.parley.outbox import Draft
from clients.python.parley.outcomes import Sent
from clients.python.parley.rooms import SYNC_ROOMS

PAUSE_S = 1.0
"""The pause between two tries where the server named none."""


class Fallback:
    """See the module.

    Args:
        core: the decisions.
        api: the HTTP interface.
        clock: for pauses.
        pump: carries out what the core decided.
    """

    def __init__(self, core: Core, api: Api, *, clock: Clock, pump: Callable[[], None]) -> None:
        self._core = core
        self._api = api
        self._clock = clock
        self._pump = pump

    async def post(self, draft: Draft, timeout_s: float) -> Sent:
        """Send until acknowledged; see ``Chat.post``."""
        causes: list[ParleyError] = []
        try:
            async with asyncio.timeout(timeout_s):
                message, duplicate = await self._post_until_stored(draft, causes)
        except TimeoutError as error:
            cause = causes[-1] if causes else None
            raise NotAcknowledged(draft.client_id, cause=cause) from error
        self._core.take(message, self._clock.monotonic())
        self._pump()
        return Sent.of(message, duplicate=duplicate)

    async def catch_up(self, wait_s: float | None) -> None:
        """Fetch what is missing; see ``Chat.catch_up``."""
        rooms = list(self._core.rooms.cursors())
        for first in range(0, max(len(rooms), 1), SYNC_ROOMS):
            await self._catch_up(rooms[first : first + SYNC_ROOMS], wait_s)
        if not self._core.online:
            await self._report()

    async def _post_until_stored(
        self, draft: Draft, causes: list[ParleyError]
    ) -> tuple[Message, bool]:
        while True:
            try:
                return await self._api.send(draft)
            except ParleyError as error:
                if not error.retriable:
                    raise
                causes.append(error)
            await sleep(self._clock, causes[-1].retry_after_s or PAUSE_S)

    async def _catch_up(self, rooms: list[str], wait_s: float | None) -> None:
        """Ask page by page, for as long as there is more."""
        core = self._core
        while True:
            cursors = {room: core.rooms.cursor(room) for room in rooms}
            missing = await self._api.sync(cursors, wait_s=wait_s)
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
