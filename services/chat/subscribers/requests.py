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
        requests = {
            f"{entry.id}/{number}": event
            for entry in entries
            for number, event in enumerate(entry.events)
            if isinstance(event, SnapshotsRequested)
        }
        of_many = {name: event for name, event in requests.items() if event.rooms is None}
        if of_many:
            # One wish for all: with two, a repair could begin between them.
            everything = any(event.everything for event in of_many.values())
            services = sorted({event.service for event in of_many.values()})
            log.info("repair_asked_for", services=services, everything=everything)
            await ask_for_repair(next(iter(of_many)), everything=everything)
        rooms = {room for event in requests.values() for room in event.rooms or ()}
        if rooms:
            await tell_rooms(rooms)

    return handle
