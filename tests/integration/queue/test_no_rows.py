"""Whoever is there and acknowledges costs the queue nothing: ten thousand messages, no row."""

import asyncio
import time
import uuid
from collections import defaultdict

from redis import Redis

from clients.python.parley import Socket
from services.queue.store import GROUP, RECEIPTS_LAG
from tests.integration.chat.world import message_frame
from tests.integration.waiting import WITHIN_S, until

ROOMS = 50
EACH = 200
IN_FLIGHT = 200
PROMPT_S = 1.0
"""Receipts announces who has not acknowledged for two seconds. A machine that stalls for half of
that may make a test do so; then rows are no mistake."""

ROWS = """select count(*), count(*) filter (where not is_processed) from queued_message
           where recipient_id = %s"""


class Traffic:
    """One person writes into rooms, another one receives and acknowledges each message."""

    def __init__(self, rooms, writer, reader, reader_id):
        self.rooms = rooms
        self.received = defaultdict(int)
        self.told = defaultdict(int)
        self.slowest_s = 0.0
        self._writer, self._reader, self._reader_id = writer, reader, reader_id
        self._may_write = asyncio.Semaphore(IN_FLIGHT)
        self._came_at_s = {}

    async def run(self):
        """Return when everything was acknowledged, and its writer told so."""
        async with asyncio.timeout(WITHIN_S * 4), asyncio.TaskGroup() as group:
            group.create_task(self._write())
            group.create_task(self._receive())
            group.create_task(self._hear())

    async def _write(self):
        for number in range(EACH):
            for room in self.rooms:
                await self._may_write.acquire()
                frame = message_frame(room, f"number {number}", client_id=str(uuid.uuid4()))
                await self._writer.send(frame)

    async def _receive(self):
        while sum(self.received.values()) < ROOMS * EACH:
            frame = await self._reader.receive(WITHIN_S)
            if frame["type"] != "message":
                continue
            room, seq = frame["room"], frame["seq"]
            assert seq == self.received[room] + 1
            self.received[room] = seq
            self._came_at_s[room, seq] = time.monotonic()
            await self._reader.send({"type": "delivered", "room": room, "seq": seq})

    async def _hear(self):
        while len(self.told) < ROOMS or min(self.told.values()) < EACH:
            frame = await self._writer.receive(WITHIN_S)
            if frame["type"] == "ack":
                self._may_write.release()
            elif frame["type"] == "status":
                self._take(frame["room"], frame["members"])

    def _take(self, room, members):
        for mark in members:
            if mark["user"] == self._reader_id:
                self.told[room] = seq = mark["delivered_seq"]
                waited_s = time.monotonic() - self._came_at_s[room, seq]
                self.slowest_s = max(self.slowest_s, waited_s)


def everything_is_heard(world):
    """Tell whether receipts has told all it knows, and the queue has taken it in."""
    with Redis.from_url(world.suite.state.redis_url) as redis:
        groups = redis.xinfo_groups(f"{RECEIPTS_LAG}:{{0}}")
    (mine,) = [group for group in groups if group["name"].decode() == GROUP]
    unsaid = world.receipts_rows("select count(*) from outbox")
    return (mine["lag"], mine["pending"], unsaid) == (0, 0, [(0,)])


async def test_ten_thousand_messages_that_are_acknowledged_at_once_leave_no_row(world):
    ann, bob = world.people(2)
    rooms = [world.room(ann, bob) for _ in range(ROOMS)]
    world.tell(*rooms)
    async with (
        await Socket.open(world.chats[0], token=ann.token) as writer,
        await Socket.open(world.chats[1], token=bob.token) as reader,
    ):
        traffic = Traffic(rooms, writer, reader, bob.id)
        await traffic.run()
    await until(lambda: everything_is_heard(world), what="the queue to hear everything")

    ((rows, unfinished),) = world.rows_of("queue", ROWS, bob.id)
    assert unfinished == 0
    assert rows == 0 or traffic.slowest_s > PROMPT_S
