"""The library's typing and presence, with the real services behind them."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

import pytest

from clients.python import parley
from dev.settings import ROOT, environment
from tests.integration.chat.world import Person, World
from tests.integration.clients.terminal import PROGRAM
from tests.integration.waiting import WITHIN_S, until
from tests.waiting import LOOK_S

pytestmark = pytest.mark.side_by_side


@contextlib.asynccontextmanager
async def chats(world: World, *people: Person) -> AsyncIterator[list[parley.Chat]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(await parley.with_token(world.url, one.token))
            for one in people
        ]


@contextlib.asynccontextmanager
async def script(world: World, *arguments: str, **env: str) -> AsyncIterator[asyncio.StreamWriter]:
    """Run the terminal's program without a terminal; give its input."""
    process = await asyncio.create_subprocess_exec(
        *(*PROGRAM, "--url", world.url, *arguments),
        stdin=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**environment(), **env},
    )
    assert process.stdin is not None
    try:
        yield process.stdin
    finally:
        process.stdin.close()
        status = await process.wait()
    assert status == 0


async def test_who_comes_goes_away_and_leaves_is_told_at_once_and_over_http(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    async with chats(world, ann) as [anns]:
        room = await anns.direct_room(bob.username)
        changes = anns.presence_changes()
        async with chats(world, bob) as [bobs]:
            await until(lambda: anns.presence(bob.id).status == "online")
            await until(lambda: bobs.presence(ann.id).status == "online")
            own = await bobs.api.my_presence()
            bobs.activity("away")
            await until(lambda: anns.presence(bob.id).status == "away")
            bobs.activity("active")
            await until(lambda: anns.presence(bob.id).status == "online")
            [asked] = await anns.api.presence([bob.id])
        await until(lambda: anns.presence(bob.id).last_seen is not None)
        gone = anns.presence(bob.id)
        seen = [(await changes.next()).status for _ in range(len(changes))]

        assert (own.id, own.status, own.active_connections) == (bob.id, "online", 1)
        assert asked == parley.PresenceOf(id=bob.id, status="online")
        assert gone.status == "offline"
        assert gone.last_seen is not None
        assert anns.server_time is not None
        assert abs((anns.server_time - gone.last_seen).total_seconds()) < 60
        assert [status for status, _ in itertools.groupby(seen)][-4:] == [
            "online",
            "away",
            "online",
            "offline",
        ]
        assert anns.presence(ann.id).status == "unknown"
        assert room.members is not None


async def test_of_strangers_nothing_is_told(world):
    ann, eve = world.person("Ann"), world.person("Eve")
    async with chats(world, ann, eve) as [anns, _]:
        with pytest.raises(parley.PermissionDenied):
            await anns.api.presence([eve.id])

        assert anns.presence(eve.id).status == "unknown"


async def test_when_one_was_there_last_is_told_to_whom_one_likes_and_to_nobody_else(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    async with chats(world, ann) as [anns]:
        await anns.direct_room(bob.username)
        async with chats(world, bob) as [bobs]:
            await until(lambda: anns.presence(bob.id).status == "online")
            before = await bobs.api.me()
            after = await bobs.api.change_me(last_seen="nobody")
        await until(lambda: anns.presence(bob.id).status == "offline")
        hidden = anns.presence(bob.id).last_seen
        async with chats(world, bob) as [bobs]:
            await bobs.api.change_me(last_seen="contacts")
        await until(lambda: anns.presence(bob.id).last_seen is not None)

    assert (before.last_seen, after.last_seen) == ("everyone", "nobody")
    assert hidden is None


async def test_keys_are_seen_until_they_stop_are_taken_back_or_become_a_message(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    async with chats(world, ann, bob) as [anns, bobs]:
        room = (await anns.direct_room(bob.username)).id
        await until(lambda: room in bobs.rooms)

        async def is_seen(*, typing: bool) -> None:
            await until(lambda: list(anns.typists(room)) == ([bob.id] if typing else []))

        bobs.type(room)
        await is_seen(typing=True)
        await is_seen(typing=False)
        bobs.type(room)
        await is_seen(typing=True)
        bobs.stop_typing(room)
        await is_seen(typing=False)
        changes = anns.typing_changes()
        bobs.type(room)
        await is_seen(typing=True)
        await bobs.send(room, "hello")
        await is_seen(typing=False)
        told = [list((await changes.next()).users) for _ in range(len(changes))]

        assert told == [[bob.id], []]
        assert list(bobs.typists(room)) == []


async def test_somebody_who_types_on_is_seen_all_the_while(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    async with chats(world, ann, bob) as [anns, bobs]:
        room = (await anns.direct_room(bob.username)).id
        await until(lambda: room in bobs.rooms)
        changes = anns.typing_changes()
        for _ in range(30):
            bobs.type(room)
            await asyncio.sleep(0.1)
        await until(lambda: anns.typists(room))
        changed = len(changes)
        await until(lambda: not anns.typists(room))

    assert changed == 1


async def test_a_lost_connection_makes_everybody_unknown_until_the_next(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    async with chats(world, ann, bob) as [anns, bobs]:
        room = (await anns.direct_room(bob.username)).id
        await until(lambda: anns.presence(bob.id).status == "online")
        await until(lambda: room in bobs.rooms)
        bobs.type(room)
        await until(lambda: anns.typists(room))
        changes = anns.presence_changes()
        anns.abort()
        await until(lambda: not anns.connected)
        lost = (anns.presence(bob.id).status, list(anns.typists(room)))
        await until(lambda: anns.presence(bob.id).status == "online")
        seen = [(await changes.next()).status for _ in range(len(changes))]

    assert lost == ("unknown", [])
    assert seen == ["unknown", "online"]


async def test_who_is_away_stays_so_across_connections_and_though_they_send(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    async with chats(world, ann, bob) as [anns, bobs]:
        room = (await anns.direct_room(bob.username)).id
        await until(lambda: room in bobs.rooms)
        bobs.activity("away")
        await until(lambda: anns.presence(bob.id).status == "away")
        await bobs.send(room, "by itself")
        bobs.abort()
        await until(lambda: not bobs.connected)
        await bobs.send(room, "and again")
        await until(lambda: anns.cursor(room) == 2 and anns.presence(bob.id).status == "away")
        # A connection counts as active until its client has said otherwise.
        async with asyncio.timeout(WITHIN_S):
            while (await bobs.api.my_presence()).status != "away":
                await asyncio.sleep(LOOK_S)


async def test_a_script_does_not_look_like_a_person_though_it_sends(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    async with chats(world, ann) as [anns]:
        room = (await anns.direct_room(bob.username)).id
        typing = anns.typing_changes()
        async with script(world, "--to", ann.username, PARLEY_TOKEN=bob.token) as write:
            await until(lambda: anns.presence(bob.id).status == "away")
            for number in range(3):
                write.write(f"line {number}\n".encode())
            await until(lambda: anns.cursor(room) == 3)
            await until(lambda: anns.presence(bob.id).status == "away")
        await until(lambda: anns.presence(bob.id).status == "offline")

        assert len(typing) == 0
