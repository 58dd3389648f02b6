"""What every chat process does about events of the streams: it hands them to its hub."""

import asyncio
import functools
from collections.abc import Sequence

from libs.common.events import (
    AnyEvent,
    MessageCreated,
    RoomChanged,
    RoomSnapshot,
    UserChanged,
    UserRevoked,
    WatermarksAdvanced,
)
from libs.common.streams.entries import Entry
from libs.common.streams.names import stream_key
from libs.common.streams.tail import Subscription
from services.chat.hub import Hub
from services.chat.hub.statuses import MessageStatusManager
from services.chat.store import CHAT_EVENTS, CHAT_ROOMS, RECEIPTS_EVENTS

ENTRIES_PER_TURN = 16
"""Entries handed over before the event loop gets a turn."""


async def tell(hub: Hub, statuses: MessageStatusManager, entries: Sequence[Entry]) -> None:
    """Hand the events of some entries to the hub, and advances to the statuses; in order."""
    for number, entry in enumerate(entries, start=1):
        if number % ENTRIES_PER_TURN == 0:
            await asyncio.sleep(0)
        for event in entry.events:
            _tell_one(hub, statuses, event)


def _tell_one(hub: Hub, statuses: MessageStatusManager, event: AnyEvent) -> None:
    match event:
        case MessageCreated():
            hub.on_messages(event)
        case RoomChanged() | RoomSnapshot():
            hub.on_room(event)
        case UserChanged():
            hub.on_user_changed(event)
        case UserRevoked():
            hub.on_revoked(event)
        case WatermarksAdvanced():
            statuses.broadcast_status_update(event)


def tailed(hub: Hub, statuses: MessageStatusManager, *, partition: int) -> list[Subscription]:
    """Return what every chat process reads of one partition."""
    streams = [CHAT_EVENTS, RECEIPTS_EVENTS, *([CHAT_ROOMS] if partition == 0 else [])]
    handler = functools.partial(tell, hub, statuses)
    return [Subscription(stream_key(name, partition), handler, durable=True) for name in streams]
