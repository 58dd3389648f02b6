"""Everything at once: what is confirmed is seen by the tail and handled by the group."""

import asyncio
import itertools
from collections.abc import Sequence

from redis.asyncio import Redis

from libs.common.clock import SystemClock
from libs.common.errors import Unavailable
from libs.common.streams.entries import Entry, Outgoing
from libs.common.streams.group import GroupLoop
from libs.common.streams.group_options import GroupOptions
from libs.common.streams.names import StreamPolicy, stream_table
from libs.common.streams.publisher import Publisher
from libs.common.streams.tail import Subscription, Tail
from tests.integration.libs.numbered import Eventually, numbered, numbers_of
from tests.valkey_server import Server

KEY = "chat.rooms:{0}"
TABLE = stream_table(StreamPolicy("chat.rooms", groups=frozenset({"receipts"})))


class Outbox:
    """Publishes number after number, each again until Redis confirms it, until told to stop."""

    def __init__(self, redis: Redis) -> None:
        self.publisher = Publisher(redis, TABLE, clock=SystemClock())
        self.refusals = 0
        self.confirmed: set[int] = set()
        self.stopped = False
        self._numbers = itertools.count()

    async def run(self) -> None:
        while not self.stopped:
            number = next(self._numbers)
            while not await self.publish(number):
                await asyncio.sleep(0.02)
            self.confirmed.add(number)
            await asyncio.sleep(0.005)

    async def publish(self, number: int) -> bool:
        try:
            await self.publisher.publish([Outgoing("chat.rooms", 0, [numbered(number)])])
        except Unavailable:
            self.refusals += 1
            return False
        return True


async def trouble(server: Server, redis: Redis) -> None:
    """Break connections, hang, and cut the power, one after the other."""
    for _ in range(3):
        await redis.client_kill_filter(_type="normal", skipme=True)
        await asyncio.sleep(0.05)
    server.hang()
    await asyncio.sleep(0.7)
    server.resume()
    await asyncio.sleep(0.1)
    server.kill()
    await asyncio.sleep(0.2)
    server.start()
    await server.wait_up()


async def test_nothing_confirmed_is_missed_through_breaks_hangs_and_a_power_cut(
    server: Server, redis: Redis, hot: Redis, blocking: Redis, eventually: Eventually
) -> None:
    seen: list[int] = []
    handled: list[int] = []

    async def handle(entries: Sequence[Entry]) -> None:
        handled.extend(numbers_of(entries))

    clock = SystemClock()
    options = GroupOptions(block_ms=50, claim_after_ms=500, upkeep_every_s=0.2)
    tail = Tail(
        blocking,
        [Subscription(KEY, lambda entries: seen.extend(numbers_of(entries)), durable=True)],
        clock=clock,
    )
    loops = [
        GroupLoop(blocking, KEY, "receipts", handle, consumer=name, clock=clock, options=options)
        for name in ("one", "two")
    ]
    tail.start()
    for loop in loops:
        loop.start()
    await tail.ready.wait()
    outbox = Outbox(hot)

    writers = [asyncio.create_task(outbox.run()) for _ in range(5)]
    await trouble(server, redis)
    outbox.stopped = True
    await asyncio.gather(*writers)

    await eventually(lambda: set(seen) == outbox.confirmed)
    await eventually(lambda: set(handled) == outbox.confirmed)
    await tail.stop()
    for loop in loops:
        await loop.stop()
    assert outbox.refusals > 0  # the trouble was real
