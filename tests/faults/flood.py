"""Claims of many members as fast as the stream takes them, and what must become of them."""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing

from redis import Redis
from redis.exceptions import RedisError

from libs.common.events import Receipt, ReceiptsReported, WatermarksAdvanced, encode
from libs.common.streams.entries import FIELD, read_entries, unpack
from tests.background import in_background
from tests.faults.postgres import query
from tests.faults.streams import CHAT_RECEIPTS

RECEIPTS_EVENTS = "receipts.events:{0}"
ROOMS, USERS = 20, 25
RECEIPTS = 50
"""In one entry."""
PAUSE_S = 0.02
TIMEOUT_S = 0.5

Pair = tuple[str, str]
Marks = tuple[int, int, int]


class Flood:
    """Rooms and members of its own, of which chat knows nothing."""

    def __init__(self, redis_url: str, *, seed: int) -> None:
        self.wanted: dict[Pair, Marks] = {}
        self.rooms = [str(uuid.uuid4()) for _ in range(ROOMS)]
        self._users = [str(uuid.uuid4()) for _ in range(USERS)]
        self._redis_url = redis_url
        self._dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._top = 10

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write entries inside the block."""
        async with in_background(self._run()):
            yield

    async def write(self, entries: int) -> None:
        """Write so many entries, each until Redis has it."""
        for _ in range(entries):
            await asyncio.to_thread(self._put, self._receipts())

    async def _run(self) -> None:
        while True:
            # To its end, also where the block ends: what is wanted was written.
            await asyncio.shield(self.write(1))
            await asyncio.sleep(PAUSE_S)

    def _receipts(self) -> list[Receipt]:
        """Make some claims, of which few are behind others, and note what they ask for."""
        self._top += 1
        return [self._receipt() for _ in range(RECEIPTS)]

    def _receipt(self) -> Receipt:
        pair = self._dice.choice(self.rooms), self._dice.choice(self._users)
        delivered = self._dice.randint(self._top - 9, self._top)
        read = self._dice.randint(self._top - 10, delivered)
        private = self._dice.random() < 0.2
        before = self.wanted.get(pair, (0, 0, 0))
        self.wanted[pair] = (
            max(before[0], delivered),
            max(before[1], read),
            before[2] if private else max(before[2], read),
        )
        return Receipt(*pair, delivered, read, time.time_ns() // 1_000_000, None, private)

    def _put(self, receipts: Sequence[Receipt]) -> None:
        packed = encode([ReceiptsReported(receipts=list(receipts))])
        with closing(Redis.from_url(self._redis_url, socket_timeout=TIMEOUT_S)) as redis:
            while True:
                with contextlib.suppress(RedisError):
                    redis.xadd(CHAT_RECEIPTS, {FIELD: packed})
                    return
                time.sleep(PAUSE_S)


def kept(url: str, rooms: Sequence[str]) -> Mapping[Pair, Marks]:
    """Return the watermarks of the members of some rooms."""
    rows = query(
        url,
        "select room_id::text, user_id::text, delivered_seq, read_seq, shown_read_seq"
        " from watermark where room_id = any(%s::uuid[])",
        list(rooms),
    )
    return {(room, user): (d, r, s) for room, user, d, r, s in rows}


def announced(redis_url: str, rooms: Sequence[str]) -> Mapping[Pair, Marks]:
    """Return the greatest watermarks of some rooms' members that were ever announced."""
    with closing(Redis.from_url(redis_url)) as redis:
        entries = [unpack(raw) for raw in read_entries(redis.xrange(RECEIPTS_EVENTS))]
    told: dict[Pair, Marks] = {}
    for each in (
        advance
        for entry in entries
        for event in entry.events
        if isinstance(event, WatermarksAdvanced)
        for advance in event.advances
        if advance.room in rooms
    ):
        d, r, s = told.get((each.room, each.user), (0, 0, 0))
        told[each.room, each.user] = (
            max(d, each.delivered_seq),
            max(r, each.read_seq),
            max(s, each.shown_read_seq),
        )
    return told
