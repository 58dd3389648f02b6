"""The queue and its neighbours die and forget while somebody is away: what they missed arrives."""

import asyncio
import shutil
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.faults.away import is_replayed, room_of, someone
from tests.faults.postgres import no_connections, outbox_rows, query
from tests.faults.streams import files_of, wipe
from tests.faults.waiting import until

MISSED = 5
ALL = list(range(1, MISSED + 1))
MANY = 50
ROOMS = 6
LAGGING = "select 1 from laggard where user_id = %s::uuid"


@pytest.fixture
async def three(stage):
    """Somebody who writes, somebody who is away, somebody who is there, and a room of theirs."""
    async with AsyncExitStack() as stack:
        people = [await someone(stage.suite) for _ in range(3)]
        for each in people:
            stack.push_async_callback(each.chat.close)
        yield (*people, await room_of(stage.suite, *people))


@asynccontextmanager
async def without_its_database(stage):
    """Let PostgreSQL refuse the queue inside the block."""
    with no_connections(stage.suite.state.database_urls["queue"]):
        yield


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(lambda stage: stage.killed("queue"), id="queue"),
        pytest.param(without_its_database, id="database"),
        pytest.param(lambda stage: stage.killed("receipts"), id="receipts"),
    ],
)
async def test_what_was_sent_meanwhile_waits_when_all_are_back(stage, three, gone):
    ann, bob, eve, room = three
    async with eve.visit() as there, gone(stage):
        await ann.write(room, MISSED)
        await there.until("message", MISSED)
        async with bob.visit() as visit:
            await visit.send({"type": "sync", "cursors": {room: 0}})
            await visit.until("synced")
        await there.send({"type": "delivered", "room": room, "seq": MISSED})
        await there.taken()

    assert [frame["seq"] for frame in there.of("message")] == ALL
    assert [frame["seq"] for frame in visit.of("message")] == ALL
    await bob.until_status(incoming=MISSED)
    await is_replayed(bob, room, MISSED)
    await eve.until_status(incoming=0)


@pytest.mark.promise(number=6)
async def test_without_the_queue_sync_heals_and_the_rest_is_replayed_when_it_is_back(stage, three):
    ann, bob, _, room = three
    other_room = await room_of(stage.suite, ann, bob)
    for each in (room, other_room):
        await ann.write(each, MISSED)
    await bob.until_status(incoming=2 * MISSED)

    async with AsyncExitStack() as stack:
        async with stage.killed("queue"):
            visit = await stack.enter_async_context(bob.visit())
            await visit.send({"type": "sync", "cursors": {room: 0}})
            await visit.until("synced")
            await wiped(stage)  # also that somebody came
            healed, drained = visit.seqs(room), visit.of("drained")
            await visit.send({"type": "delivered", "room": room, "seq": MISSED})
        await visit.until("drained")
        await visit.send({"type": "delivered", "room": other_room, "seq": MISSED})
        await bob.until_status(incoming=0)

    assert (healed, drained) == (ALL, [])
    assert visit.seqs(other_room) == ALL


async def test_a_queue_that_dies_before_a_replay_is_acknowledged_offers_nothing_for_ever(
    stage, three
):
    ann, bob, _, room = three
    rooms = [room, *[await room_of(stage.suite, ann, bob) for _ in range(ROOMS - 1)]]
    async with ann.visit() as writing:
        for each in rooms:
            await writing.write(each, MANY)
    await bob.until_status(incoming=MANY * ROOMS)

    async with bob.visit() as visit:
        await visit.until("message")
        async with stage.killed("queue"):
            await visit.until("drained")
            for each in rooms[::2]:
                await visit.send({"type": "delivered", "room": each, "seq": MANY})
            await visit.taken()
        for each in rooms[1::2]:
            await visit.send({"type": "delivered", "room": each, "seq": MANY})
        await bob.until_status(incoming=0)
        due = "select 1 from chat_session where user_id = %s::uuid and offer_at is not null"
        url = stage.suite.state.database_urls["queue"]
        await until(lambda: query(url, due, bob.id) == [], what="an end of the offers")

    assert visit.of("drained")[0]["count"] == MANY * ROOMS
    assert [visit.seqs(each) for each in rooms] == [list(range(1, MANY + 1))] * ROOMS


async def wiped(stage):
    """Let Redis forget everything while it runs."""
    await asyncio.to_thread(wipe, stage.suite.state.redis_url)


async def lost(stage):
    """Let Redis die, and come back without what it had written to its disk."""
    files = files_of(stage.suite.state.redis_url)
    async with stage.killed("redis"):
        await asyncio.to_thread(shutil.rmtree, files)


@pytest.mark.parametrize("forget", [wiped, lost])
async def test_redis_may_forget_at_each_step_between_sending_and_the_end(stage, three, forget):
    ann, bob, _, room = three
    url = stage.suite.state.database_urls["receipts"]
    await ann.write(room, MISSED)
    await forget(stage)
    await bob.until_status(incoming=MISSED)

    async with bob.visit() as visit:
        messages, count = await visit.replay()
        await forget(stage)
        async with stage.hung("queue"):  # so that it does not hear that all was received
            await visit.send({"type": "delivered", "room": room, "seq": MISSED})
            await until(lambda: query(url, LAGGING, bob.id) == [], what="receipts to know it")
            await until(lambda: outbox_rows(url) == 0, what="receipts to have told it")
            await forget(stage)
        await bob.until_status(incoming=0)

    assert ([frame["seq"] for frame in messages], count) == (ALL, MISSED)
