"""Chat, its PostgreSQL and the queue die while messages wait to be sent: each arrives once, in order."""

import asyncio
import uuid
from contextlib import AsyncExitStack, ExitStack

import pytest

from tests.faults.away import is_replayed, message, room_of, someone, stored
from tests.faults.extra_process import ExtraProcess
from tests.faults.postgres import locked, no_connections
from tests.faults.streams import held, wipe
from tests.faults.talk import Talk
from tests.faults.waiting import until
from tests.faults.watcher import passed

pytestmark = pytest.mark.long(18)

DOWN_S = 30.0
QUEUE, CHAT_SUBMITTED = "queue", "chat.submitted:{0}"
REFUSED = 2
MISSED = 5


@pytest.fixture
async def talk(stage):
    """Three people who will write in two rooms."""
    async with AsyncExitStack() as stack:
        people = [await someone(stage.suite) for _ in range(3)]
        for each in people:
            stack.push_async_callback(each.chat.close)
        rooms = [await room_of(stage.suite, *people) for _ in range(2)]
        yield Talk(stage.suite, people, rooms)


@pytest.fixture
async def visits(talk):
    """A session of each of them, by user."""
    async with AsyncExitStack() as stack:
        yield {each.id: await stack.enter_async_context(each.visit()) for each in talk.people}


async def all_are_told(talk, visits):
    """Wait until the senders' sessions know of all that was handed over; none was given up."""
    for (_, sender), client_ids in talk.handed_over.items():
        visit, wanted = visits[sender], set(client_ids)
        await until(
            lambda: wanted <= {frame["client_id"] for frame in visit.of("ack")},  # noqa: B023 - awaited here
            what="an ack for each",
        )
    assert [visit.of("failed") for visit in visits.values()] == [[]] * len(visits)


@pytest.mark.promise(number=6)
async def test_the_postgresql_of_chat_is_away_under_traffic(stage, talk, visits):
    ann, room = talk.people[0], talk.rooms[0]
    line = room, ann.id
    written = str(uuid.uuid4())
    talk.sent[line].append(written)
    await visits[ann.id].send(message(room, written))
    await visits[ann.id].until("ack")

    async with talk.going_on():
        await talk.more("sent")
        with no_connections(stage.database_url):
            await ann.hand_over(room, written)  # as if its ack had been lost
            await talk.more("handed_over")
            await passed(DOWN_S)
        for client_id in list(talk.handed_over[line]):  # by the client's own outbox as well
            await visits[ann.id].send(message(room, client_id))
        await talk.more("sent")

    await talk.has_arrived()
    await all_are_told(talk, visits)


@pytest.mark.promise(number=2)
async def test_chat_is_stopped_and_killed_under_traffic(stage, talk):
    async with talk.going_on():
        await talk.more("sent")
        async with stage.stopped("chat"):
            await talk.more("handed_over")
        await stage.kill(stage.urls[0])  # while what was handed over is submitted
        await talk.more("sent")
        async with stage.killed("chat"):
            await talk.more("handed_over")
            await asyncio.to_thread(wipe, stage.suite.state.redis_url)  # and what was submitted

    await talk.has_arrived()


@pytest.fixture
async def boss(stage):
    """One of those who look after the suite."""
    boss = await someone(stage.suite, is_staff=True)
    yield boss
    await boss.chat.close()


async def test_what_the_removed_had_handed_over_is_given_up_and_staff_may_replay_it(
    stage, talk, visits, boss
):
    ann, bob, _ = talk.people
    room = talk.rooms[0]
    async with stage.hung("redis"):
        refused = [await bob.hand_over(room) for _ in range(REFUSED)]
        for sender, where in talk.lines:
            if (sender, where) != (bob, room):
                await talk.hand_over(sender, where)
        await ann.chat.api.remove_member(room, bob.id)
    failed = await visits[bob.id].until("failed", REFUSED)
    page = await boss.chat.api.request("GET", "/api/queue/dead-letters", params={"limit": 100})
    letters = {each["client_id"]: each for each in page.json()["dead_letters"]}
    await bob.until_status(outgoing=0, retry=0)
    bobs = [client_id for _, sender, client_id in stored(stage.suite, room) if sender == bob.id]

    assert [(frame["client_id"], frame["code"]) for frame in failed] == [
        (client_id, "permission_denied") for client_id in refused
    ]
    assert [letters[client_id]["retry_count"] for client_id in refused] == [3] * REFUSED
    assert bobs == []

    await ann.chat.api.add_members(room, [bob.id])
    for client_id in refused:
        number = letters[client_id]["id"]
        await boss.chat.api.request("POST", f"/api/queue/dead-letters/{number}/replay")
    await visits[bob.id].until("ack", REFUSED + 1)
    talk.sent[room, bob.id] = refused
    await talk.has_arrived()


@pytest.fixture
def extra(faulty_suite):
    """One more process of the queue."""
    extra = ExtraProcess(faulty_suite, "queue").start()
    yield extra
    extra.kill()


@pytest.fixture
async def away(stage, talk):
    """Somebody who is away, and a room in which one of the others writes to them."""
    away = await someone(stage.suite)
    yield away, await room_of(stage.suite, talk.people[0], away)
    await away.chat.close()


@pytest.mark.parametrize("how", ["killed", "hung"])
async def test_a_queue_that_is_gone_with_entries_in_hand_is_stood_in_for(
    stage, talk, visits, away, extra, how
):
    bob, room = away
    redis_url, queue_url = stage.suite.state.redis_url, stage.suite.state.database_urls["queue"]
    with ExitStack() as until_stood_in_for:
        with locked(queue_url, "outbox", "chat_session"):
            await talk.people[0].write(room, MISSED)
            await until_both_have_something_in_hand(talk, redis_url)
            if how == "killed":
                extra.kill()
            else:
                until_stood_in_for.enter_context(extra.hung())
            for sender, where in talk.lines[2:]:
                await talk.hand_over(sender, where)
        await all_are_told(talk, visits)
        await talk.has_arrived()
        await bob.until_status(incoming=MISSED)
        await is_replayed(bob, room, MISSED)
        await until(lambda: not held(redis_url, CHAT_SUBMITTED, QUEUE), what="nothing in hand")

    for sender, where in talk.lines:
        await talk.hand_over(sender, where)
    await talk.has_arrived()


async def until_both_have_something_in_hand(talk, redis_url):
    """Hand messages over until each queue has an outcome that it cannot settle."""
    for sender, where in talk.lines[:2]:
        before = len(held(redis_url, CHAT_SUBMITTED, QUEUE))
        await talk.hand_over(sender, where)
        await until(
            lambda: len(held(redis_url, CHAT_SUBMITTED, QUEUE)) > before,  # noqa: B023 - awaited here
            what="one more queue to have something in hand",
        )
