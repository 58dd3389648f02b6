"""A group of three hundred people who all receive and read: everybody's ticks are right at the end,
and what that costs does not grow with the square of the members."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from tests.integration.chat.world import Client, Frame, Person, World

MEMBERS = 300
MESSAGES = 6
SLOW = 3
"""Members who read last of all."""
STATUS_EVERY_S = 1.0
"""How often a room above 32 members tells its marks."""
STATUS_BYTES = 600
OPENING_AT_ONCE = 20
SEED = 20


@dataclass(frozen=True)
class Hall:
    """A room, its members, and their sockets in the same order."""

    room: str
    people: list[Person]
    clients: list[Client]


@contextlib.asynccontextmanager
async def hall_in(world: World) -> AsyncIterator[Hall]:
    people = world.people(MEMBERS)
    room = world.room(*people)
    world.tell(room)
    gate = asyncio.Semaphore(OPENING_AT_ONCE)

    async def open_one(number: int, person: Person) -> Client:
        async with gate:
            return await Client.open(world.chats[number % 2], person.token)

    clients = await asyncio.gather(*(open_one(*each) for each in enumerate(people)))
    try:
        yield Hall(room, people, clients)
    finally:
        await asyncio.gather(*(client.close() for client in clients))


def lowest(client: Client, room: str) -> list[Frame]:
    """Return who is furthest behind, as the client was told last."""
    statuses = client.statuses(room)
    (welcomed,) = [each for each in client.welcome["rooms"] if each["id"] == room]
    found: list[Frame] = (statuses[-1] if statuses else welcomed)["lowest"]
    return found


def reached(client: Client, person: Person, room: str) -> tuple[int, int]:
    """Return up to where everybody else has received and read, by the rule of ``lowest``."""
    others = [mark for mark in lowest(client, room) if mark["user"] != person.id]
    return min(m["delivered_seq"] for m in others), min(m["read_seq"] for m in others)


async def all_show(hall: Hall, *, slow_read_seq: int) -> None:
    """Wait until everybody is shown what is true: all have read all, but for the slow ones."""
    slow = {person.id for person in hall.people[-SLOW:]}

    async def shows(client: Client, person: Person) -> None:
        read_seq = slow_read_seq if slow - {person.id} else MESSAGES
        await client.until(
            lambda: reached(client, person, hall.room) == (MESSAGES, read_seq),
            what=f"{(MESSAGES, read_seq)}, not {reached(client, person, hall.room)}",
        )

    await asyncio.gather(*map(shows, hall.clients, hall.people))


async def receive_and_read(client: Client, room: str, *, reads: bool, dice: random.Random) -> int:
    """Report each message as received and some as read, and at last all; return the receipts."""
    receipts = 0
    for seq in range(1, MESSAGES + 1):
        await client.until_seqs(room, seq)
        await client.socket.send({"type": "delivered", "room": room, "seq": seq})
        receipts += 1
        if reads and (seq == MESSAGES or dice.random() < 0.5):
            await client.socket.send({"type": "read_receipt", "room": room, "seq": seq})
            receipts += 1
    return receipts


@pytest.mark.timeout(300)
async def test_in_a_big_group_all_ticks_are_right_and_cost_little(world: World) -> None:
    dice = random.Random(SEED)  # noqa: S311 - dice of a test
    async with hall_in(world) as hall:
        author = hall.clients[0]
        began_s = time.monotonic()

        async def write() -> None:
            for number in range(MESSAGES):
                await author.say(hall.room, f"number {number}")

        receipts, *_ = await asyncio.gather(
            asyncio.gather(
                *(
                    receive_and_read(client, hall.room, reads=place < MEMBERS - SLOW, dice=dice)
                    for place, client in enumerate(hall.clients)
                    if client is not author
                )
            ),
            write(),
        )
        await all_show(hall, slow_read_seq=0)
        for client in hall.clients[-SLOW:]:
            await client.socket.send({"type": "read_receipt", "room": hall.room, "seq": MESSAGES})
        await all_show(hall, slow_read_seq=MESSAGES)
        took_s = time.monotonic() - began_s

        frames = [frame for client in hall.clients for frame in client.statuses(hall.room)]
        sizes = [len(msgspec.json.encode(frame)) for frame in frames]
        count = sum(receipts) + SLOW
        print(  # noqa: T201 - the figures are for people
            f"{count} receipts of {MEMBERS} members in {took_s:.1f} s:"
            f" {len(frames) / count:.2f} status frames and {sum(sizes) / count:.0f} bytes a receipt"
        )
        assert max(len(client.statuses(hall.room)) for client in hall.clients) <= (
            took_s / STATUS_EVERY_S + 2
        )
        assert max(sizes) <= STATUS_BYTES
    async with world.http(hall.people[0], service="receipts") as http:
        first = (await http.get(f"/rooms/{hall.room}", params={"limit": 100})).json()
    assert [(m["delivered_seq"], m["read_seq"]) for m in first["members"]] == [
        (MESSAGES, MESSAGES)
    ] * 100
