"""People for a load: pairs of new users, each pair with a room, each user with an open socket."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect

from clients.python import parley

PASSWORD = "a password for the load alone"  # noqa: S105 - of throw-away users
SIGN_UP_AT_ONCE = 4
RETRY_AFTER_S = (1.0, 2.0, 4.0)


@dataclass(slots=True)
class Talker:
    """One connection, and the room that it shares with its partner."""

    socket: ClientConnection
    room: str


async def connect_pairs(url: str, pairs: int) -> list[Talker]:
    """Return two talkers a pair, partners beside each other; ``welcome`` has been read."""
    gate = asyncio.Semaphore(SIGN_UP_AT_ONCE)

    async def sign_up() -> tuple[str, parley.Chat]:
        async with gate:
            return await register(url)

    signed_up = await asyncio.gather(*(sign_up() for _ in range(pairs * 2)))
    names, people = zip(*signed_up, strict=True)
    rooms = []
    for one, other in zip(people[::2], names[1::2], strict=True):
        room = await one.api.create_room("direct", [other])
        rooms += [room.id, room.id]
    talkers = []
    for person, room_id in zip(people, rooms, strict=True):
        socket = await connect(
            url.replace("http", "ws", 1) + "/ws/chat/",
            additional_headers={"Authorization": f"Bearer {person.credentials.token}"},
            compression=None,
        )
        await socket.recv()
        talkers.append(Talker(socket, room_id))
    return talkers


async def close_all(talkers: Sequence[Talker]) -> None:
    """Close the sockets."""
    await asyncio.gather(*(talker.socket.close() for talker in talkers))


async def register(url: str) -> tuple[str, parley.Chat]:
    """Make a new person; patiently, because hashing passwords is the heaviest load of all."""
    for pause_s in RETRY_AFTER_S:
        name = uuid.uuid4().hex[:16]
        try:
            return name, await parley.register(url, name, PASSWORD)
        except (parley.Unavailable, parley.Timeout):
            await asyncio.sleep(pause_s)
    name = uuid.uuid4().hex[:16]
    return name, await parley.register(url, name, PASSWORD)
