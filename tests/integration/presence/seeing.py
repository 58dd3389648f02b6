"""What a socket was told of people, and waiting for it."""

from tests.integration.chat.client import Client, Frame
from tests.integration.chat.world import Person


def told(client: Client, user: str) -> list[Frame]:
    """Return what a socket was told of a person, in order: ``status`` and ``last_seen``."""
    return [
        told
        for frame in client.frames
        if frame["type"] == "presence"
        for told in frame["users"]
        if told["id"] == user
    ]


def statuses(client: Client, user: str) -> list[str]:
    """Return how a person was said to be, in order."""
    return [each["status"] for each in told(client, user)]


async def until_status(client: Client, person: Person, status: str) -> Frame:
    """Wait until the newest that a socket was told of a person is this; return it."""

    def newest() -> Frame | None:
        last = told(client, person.id)[-1:]
        return last[0] if last and last[0]["status"] == status else None

    return await client.until(newest, what=f"{person.id} to be {status}")


async def until_last_seen(client: Client, person: Person, *, is_shown: bool) -> Frame:
    """Wait until the newest that a socket was told of a person shows when they were there, or not."""

    def newest() -> Frame | None:
        last = told(client, person.id)[-1:]
        return last[0] if last and (last[0]["last_seen"] is not None) is is_shown else None

    return await client.until(newest, what=f"{person.id} with last_seen {is_shown}")


def typists(client: Client, room: str) -> list[list[str]]:
    """Return who was said to type in a room, in order."""
    return [
        frame["users"]
        for frame in client.frames
        if frame["type"] == "typing" and frame["room"] == room
    ]


async def until_typists(client: Client, room: str, *people: Person) -> None:
    """Wait until the newest that a socket was told is that these people type."""
    wanted = {person.id for person in people}
    await client.until(
        lambda: typists(client, room)[-1:] and set(typists(client, room)[-1]) == wanted,
        what=f"{len(wanted)} typing in {room}",
    )
