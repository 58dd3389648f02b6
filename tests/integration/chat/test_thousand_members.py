"""A room with a thousand members, all of them connected."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest

from clients.python.parley import Socket
from tests.integration.chat.world import WITHIN_S, Frame, Person, World, message_frame

MEMBERS = 1000
OPENING_AT_ONCE = 20
TURNS = 3
LAG_S = "0.05"


@dataclass(frozen=True)
class Hall:
    """The members and their sockets."""

    people: list[Person]
    sockets: list[Socket]

    async def all_get(self, is_it: Callable[[Frame], bool], sockets: list[Socket]) -> None:
        """Wait until each of the sockets was sent such a frame."""

        async def gets(socket: Socket) -> None:
            while not is_it(await socket.receive(timeout_s=WITHIN_S)):
                pass

        await asyncio.gather(*(gets(socket) for socket in sockets))


@contextlib.asynccontextmanager
async def hall_in(world: World) -> AsyncIterator[Hall]:
    people = [world.person(f"Person {number}") for number in range(MEMBERS)]
    gate = asyncio.Semaphore(OPENING_AT_ONCE)

    async def open_one(number: int, person: Person) -> Socket:
        async with gate:
            socket = await Socket.open(world.chats[number % 2], token=person.token)
            await socket.receive_type("welcome", WITHIN_S)
            return socket

    sockets = await asyncio.gather(*(open_one(*each) for each in enumerate(people)))
    try:
        yield Hall(people, sockets)
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


async def lags(world: World) -> tuple[int, int]:
    """Return how often the loops of all processes were measured, and how often they were late."""
    measured = late = 0
    async with httpx.AsyncClient() as http:
        for process in world.suite.state.of("chat"):
            text = (await http.get(f"http://127.0.0.1:{process.internal_port}/metrics")).text
            within = value_of(text, f'parley_event_loop_lag_seconds_bucket{{le="{LAG_S}"}}')
            every = value_of(text, "parley_event_loop_lag_seconds_count")
            measured, late = measured + every, late + every - within
    return measured, late


def value_of(text: str, name: str) -> int:
    (value,) = [line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)]
    return int(float(value))


async def turns(world: World, what: str, turn: Callable[[], Awaitable[None]]) -> None:
    """Try something several times, and say how the loops took it: figures, for people.

    They depend on the machine. That nothing holds a loop up for long is held by counting, in
    ``tests/unit/chat/hub/test_turns.py``.
    """
    before = await lags(world)
    for _ in range(TURNS):
        await turn()
    after = await lags(world)
    measured, late = after[0] - before[0], after[1] - before[1]
    print(f"{what}: {late} of {measured} turns of a loop were {LAG_S} s late or more")  # noqa: T201


@pytest.mark.timeout(300)
async def test_what_is_said_and_changed_reaches_a_thousand_members(world: World) -> None:
    async with hall_in(world) as hall, world.http(hall.people[0]) as owner:
        first, *others = hall.sockets
        rooms: list[str] = []

        async def open_room() -> None:
            members = [person.id for person in hall.people[1:]]
            body = {"kind": "group", "name": "All of us", "members": members}
            answer = await owner.post("/rooms", json=body)
            assert answer.status_code == 201, answer.text
            assert answer.json()["member_count"] == MEMBERS
            room = answer.json()["id"]
            rooms.append(room)
            await hall.all_get(lambda f: f["type"] == "room" and f["id"] == room, hall.sockets)

        async def say() -> None:
            client_id = str(uuid.uuid4())
            await first.send(message_frame(rooms[-1], "to all of you", client_id=client_id))
            ack = await first.receive_type("ack", WITHIN_S)
            await hall.all_get(
                lambda f: (
                    f["type"] == "message" and (f["client_id"], f["seq"]) == (client_id, ack["seq"])
                ),
                others,
            )

        async def rename() -> None:
            name = f"All of us {uuid.uuid4()}"
            answer = await owner.patch(f"/rooms/{rooms[-1]}", json={"name": name})
            assert answer.status_code == 200, answer.text
            await hall.all_get(lambda f: f["type"] == "room" and f["name"] == name, hall.sockets)

        await turns(world, "a room opened", open_room)
        await turns(world, "a message", say)
        await turns(world, "a new name", rename)
