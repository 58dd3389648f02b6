"""One person with several sessions: what the others are told is what they come to."""

import time
from contextlib import AsyncExitStack

import pytest

from clients.python.parley import Socket
from services.presence.store.sessions import GRACE_MS
from tests.integration.presence.seeing import statuses, told, until_status

pytestmark = pytest.mark.side_by_side

BADGES = "/ws/notifications/"
CLOCKS_S = 0.1
"""By how much the test's clock and Redis' may differ."""


async def away(tab):
    await tab.socket.send({"type": "activity", "state": "away"})


async def active(tab):
    await tab.socket.send({"type": "activity", "state": "active"})


@pytest.mark.both_servers
async def test_three_tabs_are_one_person(world):
    ann, bob = world.people(2)
    world.room(ann, bob)
    async with world.client(bob, url=world.chats[0]) as watching, AsyncExitStack() as stack:
        await until_status(watching, ann, "offline")
        tabs = [
            await stack.enter_async_context(world.client(ann, url=url))
            for url in (*world.chats, world.url)
        ]
        await until_status(watching, ann, "online")

        for tab in tabs:
            await away(tab)
        await until_status(watching, ann, "away")
        await active(tabs[1])
        await until_status(watching, ann, "online")
        *others, last = tabs
        for tab in others:
            await tab.close()
        closed_at_s = time.monotonic()
        await last.close()
        gone = await until_status(watching, ann, "offline")
        told_at_s = time.monotonic()

    assert statuses(watching, ann.id) == ["offline", "online", "away", "online", "offline"]
    assert told_at_s - closed_at_s >= GRACE_MS / 1000 - CLOCKS_S
    assert gone["last_seen"] is not None
    assert {each["last_seen"] for each in told(watching, ann.id)[:-1]} == {None}


async def test_a_tab_that_reloads_makes_no_difference(world):
    ann, bob = world.people(2)
    world.room(ann, bob)
    async with world.client(bob, url=world.chats[0]) as watching:
        await until_status(watching, ann, "offline")
        for url in world.chats * 2:
            async with world.client(ann, url=url):
                await until_status(watching, ann, "online")
        await until_status(watching, ann, "offline")

    assert statuses(watching, ann.id) == ["offline", "online", "offline"]


async def test_a_badge_and_a_long_poll_are_sessions_too(world):
    ann, bob, eve = world.people(3)
    room = world.room(ann, bob, eve)
    async with world.client(bob) as watching:
        await until_status(watching, ann, "offline")

        async with await Socket.open(world.url, path=BADGES, token=ann.token):
            await until_status(watching, ann, "online")
        async with world.http(eve) as http:
            known = {"cursors": {room: 0}, "versions": {room: 1}, "marks": {room: 0}}
            await http.post("/sync", json={**known, "wait_s": 2})
        await until_status(watching, eve, "online")

        await until_status(watching, eve, "offline")
        await until_status(watching, ann, "offline")

    assert statuses(watching, eve.id) == ["offline", "online", "offline"]


async def test_whose_client_says_away_is_so_until_it_says_otherwise(world):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    async with world.client(bob) as watching, world.client(ann) as tab:
        await until_status(watching, ann, "online")
        await away(tab)
        await until_status(watching, ann, "away")

        await tab.say(room, "written a while ago")
        await watching.until_seqs(room, 1)
        await active(tab)
        await until_status(watching, ann, "online")

    assert statuses(watching, ann.id)[-3:] == ["online", "away", "online"]
