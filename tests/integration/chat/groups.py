"""Groups in a real suite: opened over HTTP, and what stands in the database of them."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx

from tests.integration.chat.world import WITHIN_S, Person, World


async def opened(world: World, owner: Person, *others: Person, name: str = "Trip") -> str:
    """Open a group over HTTP; return its id."""
    async with world.http(owner) as http:
        body = {"kind": "group", "name": name, "members": [other.id for other in others]}
        answer = await http.post("/rooms", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def group_with_all_roles(world: World) -> tuple[str, list[Person]]:
    """Open a group of an owner, two admins and two plain members."""
    people = world.people(5)
    room = await opened(world, *people)
    async with world.http(people[0]) as http:
        for admin in people[1:3]:
            await http.patch(f"/rooms/{room}/members/{admin.id}", json={"role": "admin"})
    return room, people


def roles(world: World, room: str) -> dict[str, str]:
    """Return who is present in a room and as what, in the order of joining."""
    found = world.rows(
        "select user_id::text, role from member where room_id = %s and left_seq is null"
        " order by id",
        room,
    )
    return {str(user): str(role) for user, role in found}


def version(world: World, room: str) -> int:
    """Return how often a room was changed, from 1."""
    [(found,)] = world.rows("select version from room where id = %s", room)
    return int(found)


async def say(world: World, author: Person, room: str, content: str) -> int:
    """Write a message over HTTP; return its seq."""
    async with world.http(author) as http:
        body = {"client_id": str(uuid.uuid4()), "content": content}
        answer = await http.post(f"/rooms/{room}/messages", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["seq"])


async def readable(world: World, reader: Person, room: str) -> list[int]:
    """Return the seqs that somebody gets of a room by each door; they must be the same."""
    async with world.http(reader) as http:
        newest = (await http.get(f"/rooms/{room}/messages")).json()
        after = (await http.get(f"/rooms/{room}/messages", params={"after": 0})).json()
        before = (await http.get(f"/rooms/{room}/messages", params={"before": 1000})).json()
        synced = (await http.post("/sync", json={"cursors": {room: 0}})).json()
    async with world.client(reader) as client:
        by_socket, _ = await client.sync({room: 0})
    pages = [page.get("messages", []) for page in (newest, after, before, synced)]
    seqs = [[message["seq"] for message in page] for page in [*pages, by_socket]]
    assert seqs == [seqs[0]] * 5
    return seqs[0]


@contextlib.asynccontextmanager
async def everywhere(
    world: World, people: Sequence[Person]
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Open a door for each person at each process."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(world.http(person, url=url))
            for person in people
            for url in world.chats
        ]


async def until_had(
    ask: Callable[..., Awaitable[httpx.Response]], *args: Any, **kwargs: Any
) -> httpx.Response:
    """Repeat a request for as long as the room's lock is not had in time."""
    async with asyncio.timeout(WITHIN_S):
        while (answer := await ask(*args, **kwargs)).status_code == 503:
            pass
    return answer
