"""Asks chat how rooms are, over the streams: a request, and a tail of our own for the answer.

The same answer reaches our group, which raises watermarks where chat is ahead of us: so what was
lost on that way is mended by asking.
"""

from collections.abc import Collection, Mapping
from typing import Any

from redis.asyncio import Redis

from libs.common.clock import Clock
from libs.common.events import RoomSnapshot, SnapshotsRequested
from libs.common.redis_clients import BLOCK_MS
from libs.common.streams.entries import Outgoing, StreamId, read_entries, unpack_known
from libs.common.streams.names import stream_key
from libs.common.streams.positions import end_of
from libs.common.streams.publisher import Publisher
from services.receipts.store import CHAT_REQUESTS, CHAT_ROOMS, GROUP

ANSWER_WITHIN_S = 5.0
"""How long chat may take; it answers a page within some milliseconds."""
REST_WITHIN_S = 1.0
"""How long the rest of an answer may take when some of it came: what it leaves out is unknown."""
READ_COUNT = 100


class ChatAsked:
    """May be asked by several at once.

    Args:
        redis: a client made by ``connect_blocking``.
        publisher: of our streams.
        clock: measures how long an answer takes.
    """

    def __init__(self, redis: Redis, publisher: Publisher, *, clock: Clock) -> None:
        self._redis = redis
        self._publisher = publisher
        self._clock = clock
        self._key = stream_key(CHAT_ROOMS)

    async def __call__(self, rooms: Collection[str]) -> Mapping[str, RoomSnapshot]:
        """Return the state of at most 100 rooms, those of which chat said nothing left out.

        Raises:
            Unavailable: Redis did not take the request.
            redis.RedisError: it did not give the answer.
        """
        after = await end_of(self._redis, self._key)
        request = SnapshotsRequested(service=GROUP, rooms=sorted(rooms))
        await self._publisher.publish([Outgoing(CHAT_REQUESTS, 0, [request])])
        told: dict[str, RoomSnapshot] = {}
        deadline_s = self._clock.monotonic() + ANSWER_WITHIN_S
        while told.keys() != set(rooms) and self._clock.monotonic() < deadline_s:
            snapshots, after = await self._read(after)
            meant = {each.room: each for each in snapshots if each.room in rooms}
            told.update(meant)
            if meant:
                deadline_s = self._clock.monotonic() + REST_WITHIN_S
        return told

    async def _read(self, after: StreamId) -> tuple[list[RoomSnapshot], StreamId]:
        reply: Any = await self._redis.xread(
            {self._key: str(after)}, count=READ_COUNT, block=BLOCK_MS
        )
        entries = [entry for _, found in reply or () for entry in read_entries(found)]
        snapshots = [
            event
            for raw in entries
            for event in unpack_known(raw)[0].events
            if isinstance(event, RoomSnapshot)
        ]
        return snapshots, entries[-1].id if entries else after
