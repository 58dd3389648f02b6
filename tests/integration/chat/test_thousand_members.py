"""A room with a thousand members, all of them connected: everything reaches everybody.

That it holds nobody else up meanwhile is counted in ``tests/unit/chat/hub/test_turns.py``.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest

from clients.python.parley import Socket
from tests.integration.chat.world import WITHIN_S, Frame, Person, World, message_frame

MEMBERS = 1000
OPENING_AT_ONCE = 20
TURNS = 3
AGAIN_S = 0.5


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


async def open_room(hall: Hall, owner: httpx.AsyncClient) -> str:
    members = [person.id for person in hall.people[1:]]
    body = {"kind": "group", "name": "All of us", "members": members}
    answer = await owner.post("/rooms", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["member_count"] == MEMBERS
    room = str(answer.json()["id"])
    await hall.all_get(lambda f: f["type"] == "room" and f["id"] == room, hall.sockets)
    return room


async def taken(author: Socket, frame: Frame) -> Frame:
    """Send a message until it is acknowledged: a machine this busy may say that it cannot now."""
    async with asyncio.timeout(2 * WITHIN_S):
        while True:
            await author.send(frame)
            answer = await author.receive(WITHIN_S)
            while answer["type"] not in {"ack", "error"}:
                answer = await author.receive(WITHIN_S)
            if answer["type"] == "ack":
                return answer
            assert answer["code"] in {"unavailable", "timeout"}, answer
            await asyncio.sleep(answer.get("retry_after", AGAIN_S))


async def say(hall: Hall, room: str) -> None:
    author, *others = hall.sockets
    client_id = str(uuid.uuid4())
    ack = await taken(author, message_frame(room, "to all of you", client_id=client_id))
    await hall.all_get(
        lambda f: f["type"] == "message" and (f["client_id"], f["seq"]) == (client_id, ack["seq"]),
        others,
    )


async def rename(hall: Hall, owner: httpx.AsyncClient, room: str) -> None:
    name = f"All of us {uuid.uuid4()}"
    answer = await owner.patch(f"/rooms/{room}", json={"name": name})
    assert answer.status_code == 200, answer.text
    await hall.all_get(lambda f: f["type"] == "room" and f["name"] == name, hall.sockets)


@pytest.mark.timeout(300)
async def test_what_is_said_and_changed_reaches_a_thousand_members(world: World) -> None:
    async with hall_in(world) as hall, world.http(hall.people[0]) as owner:
        for _ in range(TURNS):
            room = await open_room(hall, owner)
            await say(hall, room)
            await rename(hall, owner, room)
