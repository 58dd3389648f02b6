"""Presence while what it stands on is killed, hung, wiped or away: nobody flaps, nobody is a ghost."""

import asyncio
import time
from functools import partial

import httpx
import pytest

from services.chat.domain.closing import RESTARTING
from services.presence.store.sessions import GRACE_MS, LEASE_MS
from tests.faults.postgres import query
from tests.faults.streams import wipe
from tests.faults.waiting import until
from tests.faults.watcher import LONG_S, passed, watch

pytestmark = pytest.mark.long(45)

DOWN_S = 40.0
GRACE_S = GRACE_MS / 1000
LEASE_S = LEASE_MS / 1000
BEAT_S = 10.0
CLOCKS_S = 0.5
"""By how much clocks may differ."""
LOOK_S = 0.1
OK = 200


class People:
    """What presence says over HTTP."""

    def __init__(self, stage):
        self.stage = stage
        self.url = f"{stage.suite.state.gateway_url}/api/presence"

    async def ask(self, chat, path):
        headers = {"Authorization": f"Bearer {await chat.credentials.bearer()}"}
        async with httpx.AsyncClient(headers=headers, timeout=LONG_S) as http:
            return await http.get(f"{self.url}{path}")

    async def connections(self, chat):
        return (await self.ask(chat, "/me")).json()["active_connections"]

    async def until_connections(self, chat, count):
        """Wait until somebody has so many connections."""
        async with asyncio.timeout(LONG_S):
            while await self.connections(chat) != count:
                await asyncio.sleep(LOOK_S)

    def wrote(self, chat, *, is_online):
        """Tell whether it is written that somebody is there, or that they are not."""
        url = self.stage.suite.state.database_urls["presence"]
        sql = "select is_online, active_connections > 0 from user_status where user_id = %s::uuid"
        return query(url, sql, chat.user_id) == [(is_online, is_online)]


@pytest.fixture
def people(stage):
    return People(stage)


async def test_processes_that_end_make_nobody_flap_and_nobody_a_ghost(stage, people):
    restarted, killed = [await asyncio.to_thread(stage.suite.start_extra_chat) for _ in range(2)]

    # At the same time: they wait for the same leases and graces, each with processes of its own.
    async with asyncio.TaskGroup() as group:
        group.create_task(
            a_process_that_restarts_in_order_makes_nobody_flap(stage, people, restarted)
        )
        group.create_task(
            who_was_on_one_that_is_killed_is_gone_unless_they_came_back(stage, people, killed)
        )


async def a_process_that_restarts_in_order_makes_nobody_flap(stage, people, process):
    ann, bob = await stage.join(process.url), await stage.join(stage.urls[1])
    await stage.room_of(ann, bob)
    watcher = await watch(stage, bob, stage.urls[1])
    await watcher.until(ann.user_id, "online")

    status = await asyncio.to_thread(process.stop)
    await asyncio.to_thread(stage.suite.start_extra_chat, process.port)
    await until(lambda: ann.connected, what="ann to be back", within_s=LONG_S)
    await people.until_connections(ann, 2)  # the old one is kept for a moment
    await people.until_connections(ann, 1)
    await passed(GRACE_S + 1)

    assert status == 0
    assert watcher.statuses[ann.user_id] == ["online"]


async def who_was_on_one_that_is_killed_is_gone_unless_they_came_back(stage, people, process):
    victim, survivor = stage.urls
    ann, bob = await stage.join(victim), await stage.join(survivor)
    eve, fay, gus = [await stage.join(survivor) for _ in range(3)]
    room = await bob.group_room("All", [each.user_id for each in (ann, eve, fay, gus)])
    watcher = await watch(stage, bob, survivor)
    typing, *_ = [
        await only_at(stage, each, url)
        for each, url in ((eve, process.url), (fay, victim), (gus, victim))
    ]
    for each in (ann, eve, fay, gus):
        await watcher.until(each.user_id, "online")
        await people.until_connections(each, 1)
    await typing.send({"type": "typing", "room": room.id, "is_typing": True})
    await until(lambda: watcher.typists == [[eve.user_id]], what="eve to type")

    killed_at_s = time.monotonic()
    process.kill()
    await stage.kill(victim)  # it comes back under the same host name, and the same port
    await stage.raw(gus, survivor)
    await until(lambda: watcher.typists == [[eve.user_id], []], what="nobody to type")
    for each in (eve, fay):
        await watcher.until(each.user_id, "offline")
    for each in (ann, gus):
        await people.until_connections(each, 1)

    for each in (eve, fay):
        gone_after_s = watcher.told_at_s[each.user_id] - killed_at_s
        assert gone_after_s >= LEASE_S - BEAT_S + GRACE_S - CLOCKS_S
        assert watcher.statuses[each.user_id][-2:] == ["online", "offline"]
        assert watcher.last_seen[each.user_id] is not None
        await until(partial(people.wrote, each, is_online=False), what="it to be written")
    for each in (ann, gus):
        assert set(watcher.statuses[each.user_id]) == {"online"}


async def only_at(stage, chat, url):
    """Let somebody be connected to one process alone, and not come back from there."""
    socket = await stage.raw(chat, url)
    await chat.close()
    return socket


async def test_who_was_asked_to_come_back_and_is_held_up_was_never_gone(stage, monkeypatch):
    monkeypatch.setenv("CONNECTION_AGE_S", "2")
    ageing = await asyncio.to_thread(stage.suite.start_extra_chat)
    late, gone, bob = [await stage.join(stage.urls[0]) for _ in range(3)]
    await stage.room_of(late, bob)
    await stage.room_of(gone, bob)
    watcher = await watch(stage, bob, stage.urls[0])
    sockets = [await only_at(stage, each, ageing.url) for each in (late, gone)]
    for each in (late, gone):
        await watcher.until(each.user_id, "online")

    codes = [await socket.wait_closed(LONG_S) for socket in sockets]
    await passed(GRACE_S + 2)
    await stage.raw(late, stage.urls[0])
    await watcher.until(gone.user_id, "offline")
    await passed(GRACE_S)
    ageing.kill()

    assert codes == [RESTARTING] * 2
    assert watcher.statuses[late.user_id] == ["online"]
    assert watcher.statuses[gone.user_id] == ["online", "offline"]


async def test_presence_that_was_away_for_long_makes_nobody_flap(stage, people):
    ann, bob, eve = [await stage.join(stage.urls[number % 2]) for number in range(3)]
    await stage.room_of(ann, bob)
    await stage.room_of(eve, bob)
    watchers = [await watch(stage, bob, url) for url in stage.urls]
    for each in (ann, eve):
        for watcher in watchers:
            await watcher.until(each.user_id, "online")

    async with stage.killed("presence"):
        down_at_s = time.monotonic()
        await eve.close()
        for watcher in watchers:  # each process notices by itself
            await watcher.until(ann.user_id, "unknown")
        newcomer = await watch(stage, bob, stage.urls[1])
        await newcomer.until(ann.user_id, "unknown")
        await passed(DOWN_S - (time.monotonic() - down_at_s))
    for each in (*watchers, newcomer):
        await each.until(ann.user_id, "online")
        await each.until(eve.user_id, "offline")
    await passed(GRACE_S + 1)

    assert newcomer.statuses[ann.user_id] == ["unknown", "online"]
    for watcher in watchers:
        assert watcher.statuses[ann.user_id] == ["online", "unknown", "online"]
        assert set(watcher.statuses[eve.user_id]) == {"online", "unknown", "offline"}


async def test_a_wipe_of_redis_makes_nobody_flap_and_nobody_a_ghost(stage, people):
    ann, bob, eve = [await stage.join(stage.urls[number % 2]) for number in range(3)]
    await stage.room_of(ann, bob)
    await stage.room_of(eve, bob)
    watchers = [await watch(stage, bob, url) for url in stage.urls]
    for each in (ann, eve):
        for watcher in watchers:
            await watcher.until(each.user_id, "online")
        await until(partial(people.wrote, each, is_online=True), what="it to be written")

    async with stage.hung("presence"):  # so that nobody hears that eve leaves
        await eve.close()
        await asyncio.to_thread(wipe, stage.suite.state.redis_url)
    for watcher in watchers:
        await watcher.until(eve.user_id, "offline")

    for watcher in watchers:
        assert watcher.statuses[ann.user_id] == ["online"]
        assert watcher.statuses[eve.user_id] == ["online", "offline"]
    assert await people.connections(ann) == 1


@pytest.mark.promise(number=6)
async def test_without_redis_everybody_is_unknown_and_then_right_again(stage, people):
    ann, bob = await stage.join(stage.urls[0]), await stage.join(stage.urls[1])
    await stage.room_of(ann, bob)
    watcher = await watch(stage, bob, stage.urls[1])
    await watcher.until(ann.user_id, "online")
    async with asyncio.timeout(LONG_S):
        while (await people.ask(bob, f"/users?ids={ann.user_id}")).status_code != OK:
            await asyncio.sleep(LOOK_S)

    async with stage.hung("redis"):
        answer = await people.ask(bob, f"/users?ids={ann.user_id}")
        await watcher.until(ann.user_id, "unknown")
    await watcher.until(ann.user_id, "online")

    (shown,) = answer.json()["users"]
    assert (answer.status_code, shown["status"], shown["last_seen"]) == (OK, "unknown", None)
    assert watcher.statuses[ann.user_id] == ["online", "unknown", "online"]
