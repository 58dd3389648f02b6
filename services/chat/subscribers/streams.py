"""What every chat process does about events of the streams: it hands them to whom they are for."""

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.events import (
    AnyEvent,
    MessageCreated,
    OutgoingFailed,
    OutgoingSent,
    PresenceBeat,
    PresenceChanged,
    ReplayOffered,
    RoomChanged,
    RoomSnapshot,
    TypingChanged,
    UserChanged,
    UserRevoked,
    WatermarksAdvanced,
)
from libs.common.streams.entries import Entry
from libs.common.streams.names import stream_key
from libs.common.streams.tail import Subscription
from services.chat.hub import Hub
from services.chat.hub.deliveries import QueueDeliveries
from services.chat.hub.presence import PresenceBoard
from services.chat.hub.statuses import MessageStatusManager
from services.chat.hub.typing import TypingIndicatorManager
from services.chat.store import (
    CHAT_EVENTS,
    CHAT_ROOMS,
    CHAT_TYPING,
    PRESENCE_EVENTS,
    QUEUE_DELIVERIES,
    RECEIPTS_EVENTS,
)

DURABLE = (CHAT_EVENTS, RECEIPTS_EVENTS)
PASSING = (CHAT_TYPING,)
"""Streams of each partition; those that pass are not read again from their beginning."""
DURABLE_ONCE = (CHAT_ROOMS, QUEUE_DELIVERIES)
PASSING_ONCE = (PRESENCE_EVENTS,)
"""Likewise, of partition 0 only."""
ENTRIES_PER_TURN = 16
"""Entries handed over before the event loop gets a turn."""


@dataclass(frozen=True, kw_only=True)
class Hearers:
    """Whom events are for."""

    hub: Hub
    statuses: MessageStatusManager
    presence: PresenceBoard
    typing: TypingIndicatorManager
    deliveries: QueueDeliveries


async def tell(hearers: Hearers, entries: Sequence[Entry]) -> None:
    """Hand the events of some entries over, in order."""
    for number, entry in enumerate(entries, start=1):
        if number % ENTRIES_PER_TURN == 0:
            await asyncio.sleep(0)
        for event in entry.events:
            _tell_one(hearers, event)


def _tell_one(hearers: Hearers, event: AnyEvent) -> None:
    match event:
        case MessageCreated():
            hearers.hub.on_messages(event)
        case WatermarksAdvanced():
            hearers.statuses.broadcast_status_update(event)
        case TypingChanged():
            hearers.typing.hear(event)
        case PresenceChanged():
            hearers.presence.hear(event)
        case PresenceBeat():
            hearers.presence.hear_beat()
        case ReplayOffered() | OutgoingSent() | OutgoingFailed():
            _tell_of_queue(hearers.deliveries, event)
        case _:
            _tell_of_people(hearers, event)


def _tell_of_queue(
    deliveries: QueueDeliveries, event: ReplayOffered | OutgoingSent | OutgoingFailed
) -> None:
    match event:
        case ReplayOffered():
            deliveries.on_offered(event)
        case OutgoingSent():
            deliveries.on_sent(event)
        case OutgoingFailed():
            deliveries.on_failed(event)


def _tell_of_people(hearers: Hearers, event: AnyEvent) -> None:
    match event:
        case RoomChanged() | RoomSnapshot():
            hearers.hub.on_room(event)
        case UserChanged():
            hearers.hub.on_user_changed(event)
            hearers.presence.on_user_changed(event)
        case UserRevoked():
            hearers.hub.on_revoked(event)


def tailed(hearers: Hearers, *, partition: int) -> list[Subscription]:
    """Return what every chat process reads of one partition."""
    handler = functools.partial(tell, hearers)
    durable = [*DURABLE, *(DURABLE_ONCE if partition == 0 else ())]
    passing = [*PASSING, *(PASSING_ONCE if partition == 0 else ())]
    return [
        Subscription(stream_key(name, partition), handler, durable=name in durable)
        for name in (*durable, *passing)
    ]
