"""A badge that was there all along shows what one shows that connects now."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pytest

from tests.integration.chat import groups
from tests.integration.chat.sessions import badge, notifications, until_told, write
from tests.integration.chat.world import Client, Person, World
from tests.integration.state.test_state import failures

ROOMS = 2
WRITTEN = 2
"""Messages of others in each of them."""


@dataclass(frozen=True)
class Scene:
    """Rooms of Ann's, in which Bob and I am, and much is unread.

    Attributes:
        told: a badge of mine that was there before the messages.
        later: one that came after them.
    """

    world: World
    me: Person
    ann: Person
    rooms: list[str]
    told: Client
    later: Client

    @property
    def badges(self) -> tuple[Client, Client]:
        """Those that were there all along."""
        return self.told, self.later


@contextlib.asynccontextmanager
async def scene_in(world: World) -> AsyncIterator[Scene]:
    me, ann, bob = world.people(3)
    rooms = [await groups.opened(world, ann, me, bob) for _ in range(ROOMS)]
    async with badge(world, me) as told, world.http(ann) as anns, world.http(bob) as bobs:
        for room in rooms:
            await write(anns, room, "hello")
            await until_told(told, room, await write(bobs, room, "hello again"))
        async with badge(world, me) as later:
            yield Scene(world, me, ann, rooms, told, later)


@pytest.fixture
async def scene(world):
    async with scene_in(world) as scene:
        yield scene


def unread(told: Client, *, deaf: bool = False) -> dict[str, int]:
    """Return what a badge shows, by room and in all, after what it was told."""
    shown = {room["id"]: room["last_seq"] - room["read_seq"] for room in told.welcome["rooms"]}
    total = told.welcome["unread_total"]
    for frame in () if deaf else told.frames:
        shown[frame["room"]], total = frame["unread"], frame["unread_total"]
    return {room: count for room, count in shown.items() if count} | {"all": total}


async def test_what_a_badge_shows_is_what_it_showed_and_the_notifications_since(scene):
    assert unread(scene.told) == unread(scene.later)
    assert unread(scene.later)["all"] == WRITTEN * ROOMS


async def test_a_badge_to_which_notifications_do_not_come_is_found_out(scene):
    assert unread(scene.told, deaf=True) != unread(scene.later)


async def all_is_read_in_a_chat(s: Scene) -> Mapping[str, int]:
    async with s.world.client(s.me) as chat:
        for room in s.rooms:
            await chat.socket.send({"type": "read_receipt", "room": room, "seq": WRITTEN})
    return {"all": 0}


async def a_part_is_read_over_http(s: Scene) -> Mapping[str, int]:
    async with s.world.http(s.me) as mine:
        await mine.post(f"/rooms/{s.rooms[0]}/receipts", json={"read_seq": 1})
    return {s.rooms[0]: WRITTEN - 1, s.rooms[1]: WRITTEN, "all": WRITTEN * ROOMS - 1}


async def a_room_is_read_in_private(s: Scene) -> Mapping[str, int]:
    async with s.world.http(s.me) as mine:
        await mine.patch("/me", json={"send_read_receipts": False})
        await mine.post(f"/rooms/{s.rooms[0]}/receipts", json={"read_seq": WRITTEN})
    return {s.rooms[1]: WRITTEN, "all": WRITTEN}


async def a_room_is_left(s: Scene) -> Mapping[str, int]:
    async with s.world.http(s.me) as mine:
        await mine.delete(f"/rooms/{s.rooms[0]}/members/{s.me.id}")
    return {s.rooms[1]: WRITTEN, "all": WRITTEN}


async def one_is_removed_from_all(s: Scene) -> Mapping[str, int]:
    async with s.world.http(s.ann) as anns:
        for room in s.rooms:
            await anns.delete(f"/rooms/{room}/members/{s.me.id}")
    return {"all": 0}


async def what_is_read_is_written_to_again(s: Scene) -> Mapping[str, int]:
    await all_is_read_in_a_chat(s)
    async with s.world.http(s.ann) as anns:
        await write(anns, s.rooms[0], "once more")
    return {s.rooms[0]: 1, "all": 1}


async def until_shown(told: Client, left: Mapping[str, int]) -> None:
    await told.until(lambda: unread(told) == left, what=f"{left}")


EVENTS = (
    all_is_read_in_a_chat,
    a_part_is_read_over_http,
    a_room_is_read_in_private,
    a_room_is_left,
    one_is_removed_from_all,
    what_is_read_is_written_to_again,
)


async def test_a_badge_goes_down_by_what_happens_elsewhere(world):
    async def goes_down(event: Callable[[Scene], Awaitable[Mapping[str, int]]]) -> None:
        async with scene_in(world) as scene:
            left = await event(scene)
            for told in scene.badges:
                await until_shown(told, left)
            async with badge(world, scene.me) as afresh:
                assert unread(afresh) == left

    assert await failures({each.__name__: partial(goes_down, each) for each in EVENTS}) == {}


async def test_it_does_so_with_the_newest_message_of_somebody_else(scene):
    left = await a_room_is_left(scene)

    for told in scene.badges:
        await until_shown(told, left)
        last = notifications(told, scene.rooms[0])[-1]
        assert (last["seq"], last["preview"], last["unread"]) == (WRITTEN, "hello again", 0)
