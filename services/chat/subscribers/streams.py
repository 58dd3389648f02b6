"""What chat does about events of the streams: it hands them to the hub."""

import asyncio
import functools
from collections.abc import Sequence

from libs.common.events import (
    MessageCreated,
    RoomChanged,
    RoomSnapshot,
    UserChanged,
    UserRevoked,
)
from libs.common.streams.entries import Entry
from libs.common.streams.names import stream_key
from libs.common.streams.tail import Subscription
from services.chat.hub import Hub
from services.chat.store import CHAT_EVENTS, CHAT_ROOMS

ENTRIES_PER_TURN = 16
"""Entries handed over before the event loop gets a turn."""


async def tell(hub: Hub, entries: Sequence[Entry]) -> None:
    """Hand the events of some entries to the hub, in order."""
    for number, entry in enumerate(entries, start=1):
        if number % ENTRIES_PER_TURN == 0:
            await asyncio.sleep(0)
        for event in entry.events:
            match event:
                case MessageCreated():
                    hub.on_messages(event)
                case RoomChanged() | RoomSnapshot():
                    hub.on_room(event)
                case UserChanged():
                    hub.on_user_changed(event)
                case UserRevoked():
                    hub.on_revoked(event)


def tailed(hub: Hub, *, partition: int) -> list[Subscription]:
    """Return what every chat process reads of one partition."""
    streams = [CHAT_EVENTS, CHAT_ROOMS] if partition == 0 else [CHAT_EVENTS]
    return [
        Subscription(stream_key(name, partition), functools.partial(tell, hub), durable=True)
        for name in streams
    ]
