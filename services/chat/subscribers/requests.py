"""What chat does about requests of the other services: it tells them rooms again.

Rooms that are named are told at once. For more than that only a wish is noted, which a repair
fulfils: the group must not wait for it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from libs.common.events import SnapshotsRequested
from libs.common.streams.entries import Entry
from libs.common.streams.group import Handler

log = structlog.get_logger(__name__)


class Ask(Protocol):
    """Has all rooms told again that may have been missed, or altogether ``everything``."""

    async def __call__(self, wish: str, *, everything: bool = ...) -> None:
        """Note a wish by its name, so that it outlives this process."""
        ...


def answering(*, tell_rooms: Callable[[set[str]], Awaitable[None]], ask_for_repair: Ask) -> Handler:
    """Return what handles requests; what it calls may raise ``ParleyError`` or ``RedisError``."""

    async def handle(entries: Sequence[Entry]) -> None:
        rooms: set[str] = set()
        for entry in entries:
            for number, event in enumerate(entry.events):
                if not isinstance(event, SnapshotsRequested):
                    continue
                if event.rooms is not None:
                    rooms.update(event.rooms)
                    continue
                log.info("repair_asked_for", service=event.service, everything=event.everything)
                await ask_for_repair(f"{entry.id}/{number}", everything=event.everything)
        if rooms:
            await tell_rooms(rooms)

    return handle
