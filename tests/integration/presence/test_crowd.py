"""Many people who come at once: a socket gets few frames, and everybody is told of everybody."""

import asyncio
import time
from contextlib import AsyncExitStack

from services.chat.hub.presence import TELL_EVERY_S
from tests.integration.presence.seeing import statuses

PEOPLE = 51
"""Each of them has 50 acquaintances, and all of them come in the same moment."""


async def test_a_crowd_is_few_frames_for_each_of_them(world):
    people = world.people(PEOPLE)
    world.room(*people)
    began_s = time.monotonic()
    async with AsyncExitStack() as stack:
        clients = await asyncio.gather(
            *(
                stack.enter_async_context(
                    world.client(person, url=world.chats[number % len(world.chats)])
                )
                for number, person in enumerate(people)
            )
        )
        for client, person in zip(clients, people, strict=True):
            others = [each.id for each in people if each is not person]
            await client.until(
                lambda: all(statuses(client, other)[-1:] == ["online"] for other in others),  # noqa: B023
                what="everybody else to be online",
            )
        took_s = time.monotonic() - began_s

    for client, person in zip(clients, people, strict=True):
        frames = [frame for frame in client.frames if frame["type"] == "presence"]
        assert len(frames) <= 1 + took_s / TELL_EVERY_S
        assert all(person.id != told["id"] for frame in frames for told in frame["users"])
        assert sum(len(frame["users"]) for frame in frames) <= 3 * PEOPLE
