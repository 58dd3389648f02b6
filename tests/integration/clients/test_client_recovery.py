"""The library comes back to the real services: by the queue's replay, beside it, and without it."""

import asyncio
import contextlib

import pytest

from clients.python import parley
from clients.python.parley import recovery
from clients.python.parley.frames import Drained, Synced
from tests.integration.clients.terminal import WITHIN_S
from tests.integration.waiting import WITHIN_S as UNTIL_S, until
from tests.waiting import LOOK_S

MISSED = 3


class Bob:
    """Somebody whose network the test switches off and on, and who is written to meanwhile."""

    def __init__(self, world, person):
        self.world, self.person = world, person
        self.has_network = True
        self.given = []
        self.ends = []

    @contextlib.asynccontextmanager
    async def connected(self):
        options = parley.Options(open_socket=self.open_socket)
        async with (
            await parley.with_token(self.world.url, self.person.token, options) as self.chat,
            asyncio.TaskGroup() as jobs,
        ):
            tasks = [jobs.create_task(self.read()), jobs.create_task(self.watch())]
            yield self
            for task in tasks:
                task.cancel()

    async def open_socket(self, *where, **how):
        if not self.has_network:
            raise parley.Unavailable("cannot connect")
        return await parley.Socket.open(*where, **how)

    async def read(self):
        async for message in self.chat.messages(own=True):
            self.given.append((message.room, message.content))

    async def watch(self):
        async for frame in self.chat.frames():
            if isinstance(frame, Drained | Synced):
                self.ends.append(frame)

    async def lose_network(self):
        self.has_network = False
        self.chat.abort()
        await until(lambda: not self.chat.connected)
        self.ends.clear()

    async def find_network(self):
        self.has_network = True
        self.chat.attempt_reconnect()
        await until(lambda: self.chat.connected)

    async def until_waiting(self, count):
        """Wait until so many messages wait in the queue."""
        async with self.world.http(self.person, service="queue") as http, asyncio.timeout(WITHIN_S):
            while (await http.get("/status")).json()["incoming"] != count:
                await asyncio.sleep(LOOK_S)


@pytest.fixture
async def two(world):
    """Ann at her chat, Bob at his, and a room of theirs in which he has received one message."""
    ann, bob = world.people(2)
    async with (
        await parley.with_token(world.url, ann.token) as anns,
        Bob(world, bob).connected() as bobs,
    ):
        room = (await anns.direct_room(bob.username)).id
        first = await anns.send(room, "0")
        await until(lambda: anns.progress(room, first.seq) is parley.Progress.DELIVERED)
        yield anns, bobs, room


def contents(bobs):
    return [content for _, content in bobs.given]


async def write(anns, room):
    for number in range(1, MISSED + 1):
        await anns.send(room, str(number))


@pytest.fixture
def patient(monkeypatch):
    """Let a device wait for the replay, however slow the machine is."""
    monkeypatch.setattr(recovery, "REPLAY_WITHIN_S", UNTIL_S)


@pytest.mark.usefixtures("patient")
async def test_what_was_missed_comes_from_the_queue_and_is_not_asked_for(two):
    anns, bobs, room = two
    await bobs.lose_network()
    await write(anns, room)
    await bobs.until_waiting(MISSED)

    await bobs.find_network()
    await until(lambda: bobs.ends)
    await anns.send(room, "live")
    await until(lambda: "live" in contents(bobs))

    assert contents(bobs) == ["0", "1", "2", "3", "live"]
    assert bobs.ends == [Drained(count=MISSED)]


@pytest.mark.usefixtures("patient")
async def test_what_another_device_has_received_is_asked_for_once_the_queue_is_drained(world, two):
    anns, bobs, room = two
    await bobs.lose_network()
    await write(anns, room)
    async with await parley.with_token(world.url, bobs.person.token) as phone:
        await until(lambda: phone.rooms[room].delivered_seq == MISSED + 1)
    await bobs.until_waiting(0)

    await bobs.find_network()
    await until(lambda: len(bobs.given) > MISSED and len(bobs.ends) > 1)

    assert contents(bobs) == ["0", "1", "2", "3"]
    assert [type(end) for end in bobs.ends] == [Drained, Synced]


async def test_without_the_queue_what_was_missed_is_asked_for(world, two):
    anns, bobs, room = two
    await bobs.lose_network()
    with world.suite.paused("queue"):
        await write(anns, room)
        await bobs.find_network()
        await until(lambda: len(bobs.given) > MISSED and bobs.ends)
        ends = list(bobs.ends)

    assert contents(bobs) == ["0", "1", "2", "3"]
    assert [type(end) for end in ends] == [Synced]


async def test_what_is_written_without_a_network_arrives_in_order_afterwards(two):
    anns, bobs, room = two
    await bobs.lose_network()
    sending = [asyncio.create_task(bobs.chat.send(room, f"mine {n}")) for n in range(MISSED)]
    await write(anns, room)

    await bobs.find_network()
    sent = await asyncio.gather(*sending)
    await until(lambda: len(bobs.given) > 2 * MISSED)

    assert [one.seq for one in sent] == [5, 6, 7]
    assert contents(bobs) == ["0", "1", "2", "3", "mine 0", "mine 1", "mine 2"]
