"""What was claimed, as it stands on the stream."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing

from redis import Redis

from libs.common.events import Receipt, ReceiptsReported
from libs.common.streams.entries import read_entries, unpack
from libs.common.streams.names import stream_key
from services.chat.store import CHAT_RECEIPTS
from tests.integration.chat.client import WITHIN_S


def claimed(redis_url: str, room: str) -> list[Receipt]:
    """Return the claims of a room's members, in the order of the stream."""
    with closing(Redis.from_url(redis_url)) as redis:
        entries = [unpack(raw) for raw in read_entries(redis.xrange(stream_key(CHAT_RECEIPTS)))]
    return [
        receipt
        for entry in entries
        for event in entry.events
        if isinstance(event, ReceiptsReported)
        for receipt in event.receipts
        if receipt.room == room
    ]


def marks(receipts: Sequence[Receipt]) -> list[tuple[str, int, int, bool]]:
    """Return (user, delivered_seq, read_seq, is_private) of claims."""
    return [(each.user, each.delivered_seq, each.read_seq, each.is_private) for each in receipts]


async def until_claimed(
    redis_url: str, room: str, found: Callable[[list[Receipt]], object]
) -> list[Receipt]:
    """Wait until a room's claims are as wanted; return them."""
    async with asyncio.timeout(WITHIN_S):
        while not found(receipts := await asyncio.to_thread(claimed, redis_url, room)):
            await asyncio.sleep(0.02)
    return receipts
