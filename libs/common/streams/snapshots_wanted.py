"""Asks chat for what a service may have missed: ``snapshots.requested``.

A new group on streams that still have all their entries missed nothing, and after a wipe chat
tells rooms again by itself; so this is rare. It goes past the outbox, because what is remembered
until it is published stands elsewhere: that a group lost something, in Redis beside its stream;
that nothing is known, in the service's tables, which are empty.
"""

import asyncio
from collections.abc import Callable

import structlog

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.events import SnapshotsRequested
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher

AGAIN_AFTER_S = 1.0
"""Pause between two tries to find out whether anything is known here."""
COLLECT_S = 0.5
"""How long the first loss waits for those of the other groups, which come together."""

REQUESTED = metrics.counter(
    "parley_snapshots_requested", "Requests for snapshots of rooms that were published."
)

log = structlog.get_logger(__name__)


class SnapshotsWanted:
    """One per process.

    Args:
        service: who asks.
        stream: on which chat is asked.
        any_room_is_known: tells whether anything was ever heard of a room; runs in a thread of
            ``database``.
    """

    def __init__(
        self,
        *,
        service: str,
        stream: str,
        publisher: Publisher,
        database: DatabaseThreads,
        any_room_is_known: Callable[[], bool],
    ) -> None:
        self._service = service
        self._stream = stream
        self._publisher = publisher
        self._database = database
        self._any_room_is_known = any_room_is_known
        self._asking: asyncio.Task[None] | None = None

    async def run(self, *, then: Callable[[], None]) -> None:
        """Ask for all rooms where none is known here, call ``then``, and rest until cancelled.

        The groups must begin only ``then``: what they bring would hide that nothing is known, and
        a process that dies before it has asked must find that out again.
        """
        await self._begin()
        then()
        await asyncio.Event().wait()

    async def missed(self, reason: str) -> None:
        """Ask for all that the groups may have missed; what several tell at once is asked once.

        For ``OnCutOff`` of a group's loop, which tells again where this raises.

        Args:
            reason: for the log.

        Raises:
            Unavailable: Redis did not take it, or not in time; perhaps it was published.
        """
        log.warning("entries_missed", reason=reason)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_soon(), name="ask-for-snapshots")
        await asyncio.shield(self._asking)

    async def _begin(self) -> None:
        while True:
            try:
                if not await self._database.run(self._any_room_is_known):
                    await self._ask(everything=True)
            except ParleyError as error:
                log.info("beginning_waits", code=error.code)
            else:
                return
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _ask_soon(self) -> None:
        await asyncio.sleep(COLLECT_S)
        self._asking = None  # who comes from now on may have lost more
        await self._ask(everything=False)

    async def _ask(self, *, everything: bool) -> None:
        event = SnapshotsRequested(service=self._service, everything=everything)
        await self._publisher.publish([Outgoing(self._stream, 0, [event])])
        REQUESTED.inc()
