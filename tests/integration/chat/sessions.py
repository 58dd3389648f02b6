"""Sessions beside ``/ws/chat/``: badges and long polls, and how many of them a process has."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from clients.python.parley import Socket
from tests.integration.chat.world import WITHIN_S, Client, Person, World

LOOK_S = 0.02
LONG_S = 25
"""A wait that no test sits out: an answer that does not come before fails by its timeout."""


@contextlib.asynccontextmanager
async def badge(world: World, person: Person, *, url: str | None = None) -> AsyncIterator[Client]:
    """Open a socket for notifications for as long as the block lasts."""
    socket = await Socket.open(url or world.url, path="/ws/notifications/", token=person.token)
    client = Client(socket, await socket.receive_type("welcome", WITHIN_S))
    try:
        yield client
    finally:
        await client.close()


def notifications(client: Client, room: str) -> list[dict[str, Any]]:
    """Return the notifications of a room so far."""
    return [f for f in client.frames if f["type"] == "notification" and f["room"] == room]


async def until_told(client: Client, room: str, seq: int) -> dict[str, Any]:
    """Wait for the notification of a message; return it."""
    return await client.until(
        lambda: next((f for f in notifications(client, room) if f["seq"] == seq), None),
        what=f"the notification of {seq}",
    )


async def poll(
    http: httpx.AsyncClient, cursors: Mapping[str, int], *, wait_s: float = LONG_S, **more: Any
) -> dict[str, Any]:
    """Ask for what is missing, or wait for it; return the answer, which is a success."""
    body = {"cursors": dict(cursors), "wait_s": wait_s, **more}
    answer = await http.post("/sync", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def until_sessions(internal_port: int, kind: str, count: int) -> None:
    """Wait until a process has so many sessions of a kind."""
    wanted = f'parley_sessions{{kind="{kind}"}} {float(count)}'
    async with asyncio.timeout(WITHIN_S), httpx.AsyncClient(timeout=WITHIN_S) as http:
        while True:
            lines = (await http.get(f"http://127.0.0.1:{internal_port}/metrics")).text.splitlines()
            none_yet = count == 0 and not any(f'kind="{kind}"' in line for line in lines)
            if wanted in lines or none_yet:
                return
            await asyncio.sleep(LOOK_S)


async def until_polls(world: World, count: int, *, process: int = 0) -> None:
    """Wait until so many long polls wait at a process of the world."""
    await until_sessions(internal_port(world, process), "poll", count)


def internal_port(world: World, process: int) -> int:
    """Return where a process tells of itself."""
    port = world.suite.process("chat", index=process).internal_port
    assert port is not None
    return port


async def write(http: httpx.AsyncClient, room: str, content: str) -> int:
    """Write a message; return its seq."""
    body = {"client_id": str(uuid.uuid4()), "content": content}
    answer = await http.post(f"/rooms/{room}/messages", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["seq"])
