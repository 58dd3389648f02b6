"""Two people who do everything that a dashboard shows, for as long as a block lasts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.integration.chat.world import Client, World

ASKED = {
    "chat": "rooms",
    "presence": "openapi.json",
    "queue": "status",
    "receipts": "openapi.json",
}
"""Something to ask each service for."""


@contextlib.asynccontextmanager
async def talking(world: World) -> AsyncIterator[None]:
    """Have one write, and the other one type, receive, read and look around."""
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.tell(room)
    async with world.clients([ann, bob]) as (author, reader), contextlib.AsyncExitStack() as doors:
        services = {
            name: await doors.enter_async_context(world.http(ann, service=name)) for name in ASKED
        }

        async def ask_all() -> None:
            for name, path in ASKED.items():
                await services[name].get(f"/{path}")

        talk = asyncio.create_task(_talk(author, reader, room))
        looking = asyncio.create_task(_again_and_again(ask_all))
        try:
            yield
        finally:
            for task in (talk, looking):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _talk(author: Client, reader: Client, room: str) -> None:
    while True:
        await reader.socket.send({"type": "typing", "room": room, "is_typing": True})
        said = await author.say(room, "and another thing")
        await reader.until_seqs(room, said["seq"])
        for kind in ("delivered", "read_receipt"):
            await reader.socket.send({"type": kind, "room": room, "seq": said["seq"]})
        await author.until_marks(room, reader.welcome["user"]["id"], read=said["seq"])
        reader.frames = reader.frames[-1000:]


async def _again_and_again(ask_all: Callable[[], Awaitable[None]]) -> None:
    while True:
        await ask_all()
