"""A badge that was there all along shows what one shows that connects now."""

import pytest

from tests.integration.chat.sessions import badge, until_told, write
from tests.integration.chat.world import Client

ROOMS = 2


def unread(told: Client, *, deaf: bool = False) -> dict[str, int]:
    """Return what a badge shows, by room and in all, after what it was told."""
    shown = {room["id"]: room["last_seq"] - room["read_seq"] for room in told.welcome["rooms"]}
    total = told.welcome["unread_total"]
    for frame in () if deaf else told.frames:
        shown[frame["room"]], total = frame["unread"], frame["unread_total"]
    return {**shown, "all": total}


@pytest.fixture
async def told_and_afresh(world):
    """A badge that was told of messages in several rooms, and one that connects afterwards."""
    me, ann, bob = world.people(3)
    rooms = [world.room(me, ann, bob) for _ in range(ROOMS)]
    async with badge(world, me) as told, world.http(ann) as anns, world.http(bob) as bobs:
        for room in rooms:
            await write(anns, room, "hello")
            last = await write(bobs, room, "hello again")
            await until_told(told, room, last)
        async with badge(world, me) as afresh:
            yield told, afresh


async def test_what_a_badge_shows_is_what_it_showed_and_the_notifications_since(told_and_afresh):
    told, afresh = told_and_afresh

    assert unread(told) == unread(afresh)
    assert unread(afresh)["all"] == 2 * ROOMS


async def test_a_badge_to_which_notifications_do_not_come_is_found_out(told_and_afresh):
    told, afresh = told_and_afresh

    assert unread(told, deaf=True) != unread(afresh)
