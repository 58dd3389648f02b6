"""Whoever was away gets what they missed: the real processes, through the protocol."""

import asyncio
import time
import uuid

import pytest

from tests.integration.chat.client import message_frame
from tests.integration.queue.test_no_rows import PROMPT_S, ROWS, everything_is_heard
from tests.integration.waiting import WITHIN_S, until
from tests.waiting import LOOK_S

pytestmark = pytest.mark.side_by_side

MISSED = 5


class Two:
    """Somebody who writes and somebody who is away, in a room of theirs."""

    def __init__(self, world, ann, bob, room):
        self.world, self.ann, self.bob, self.room = world, ann, bob, room

    async def write(self, count=1):
        """Let ann write, while nobody is connected."""
        async with self.world.http(self.ann) as http:
            for number in range(count):
                body = {"client_id": str(uuid.uuid4()), "content": f"number {number}"}
                answer = await http.post(f"/rooms/{self.room}/messages", json=body)
                assert answer.status_code == 201, answer.text

    async def status(self, person=None):
        """Return what somebody is told of the queue; of bob by default."""
        async with self.world.http(person or self.bob, service="queue") as http:
            answer = await http.get("/status")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def projected(self):
        """Return how far bob is, as chat knows it."""
        return self.world.rows(
            "select delivered_seq from member where room_id = %s and user_id = %s",
            self.room,
            self.bob.id,
        )

    async def until_waiting(self, count):
        """Wait until so many messages wait for bob."""
        async with asyncio.timeout(WITHIN_S):
            while (await self.status())["incoming"] != count:
                await asyncio.sleep(LOOK_S)


async def two_people(world):
    """Return two people and a room of theirs, for whom nothing waits."""
    ann, bob = world.people(2)
    async with world.http(ann) as http:
        answer = await http.post("/rooms", json={"kind": "direct", "members": [bob.username]})
    return Two(world, ann, bob, answer.json()["id"])


async def test_five_messages_to_somebody_who_is_away(world):
    two = await two_people(world)
    await two.write(MISSED)
    await two.until_waiting(MISSED)
    async with two.world.client(two.bob) as client:
        drained = await client.until_type("drained")
        received = [frame for frame in client.everything if frame["type"] in ("message", "drained")]
        await client.socket.send({"type": "delivered", "room": two.room, "seq": MISSED})
        await two.until_waiting(0)

    assert [frame.get("seq") for frame in received] == [1, 2, 3, 4, 5, None]
    assert [frame["content"] for frame in received[:-1]] == [f"number {n}" for n in range(MISSED)]
    assert drained["count"] == MISSED
    assert client.seqs(two.room) == [1, 2, 3, 4, 5]


async def test_where_nothing_waits_that_is_said_at_once(world):
    two = await two_people(world)
    async with two.world.client(two.bob) as client:
        drained = await client.until_type("drained")

    assert drained["count"] == 0
    assert client.messages(two.room) == []


async def test_rooms_are_replayed_in_the_order_of_time(world):
    ann, bob = world.people(2)
    rooms = [world.room(ann, bob) for _ in range(3)]
    world.tell(*rooms)
    async with world.http(ann) as http:
        order = []
        for number in range(12):
            room = rooms[number % 3]
            body = {"client_id": str(uuid.uuid4()), "content": str(number)}
            await http.post(f"/rooms/{room}/messages", json=body)
            order.append((room, number // 3 + 1))
    two = Two(world, ann, bob, rooms[0])
    await two.until_waiting(len(order))

    async with world.client(bob) as client:
        await client.until_type("drained")

    replayed = [(f["room"], f["seq"]) for f in client.frames if f["type"] == "message"]
    assert replayed == order


async def test_what_another_device_has_acknowledged_is_not_replayed(world):
    two = await two_people(world)
    await two.write(MISSED)
    await two.until_waiting(MISSED)
    async with two.world.http(two.bob) as http:
        await http.post(f"/rooms/{two.room}/receipts", json={"delivered_seq": 3})
    await until(lambda: two.projected() == [(3,)], what="the projection")

    async with two.world.client(two.bob) as client:
        await client.until_type("drained")

    assert client.seqs(two.room) == [4, 5]


async def test_whoever_acknowledges_at_once_leaves_nothing_behind(world):
    two = await two_people(world)
    async with two.world.client(two.bob) as client, two.world.client(two.ann) as writer:
        began_s = time.monotonic()
        for number in range(1, 101):
            await writer.socket.send(message_frame(two.room, str(number)))
        await client.until_seqs(two.room, 100)
        await client.socket.send({"type": "delivered", "room": two.room, "seq": 100})
        await until(lambda: two.projected() == [(100,)], what="the projection")
        took_s = time.monotonic() - began_s
    await until(lambda: everything_is_heard(two.world), what="the queue to hear everything")

    ((rows, unfinished),) = two.world.rows_of("queue", ROWS, two.bob.id)
    assert unfinished == 0
    assert rows == 0 or took_s > PROMPT_S
