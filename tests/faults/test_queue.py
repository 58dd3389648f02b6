"""The queue and its neighbours die, hang and forget: what waits arrives, once and in order."""

import asyncio
import itertools
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress

import httpx
import pytest

from clients.python import parley
from clients.python.parley.outbox import Draft
from dev.databases import beside
from dev.harness import RunningSuite
from tests.faults.away import Someone, Visit, room_of, someone, stored
from tests.faults.extra_process import ExtraProcess
from tests.faults.postgres import execute_alone, query
from tests.faults.stage import Stage
from tests.faults.streams import wipe
from tests.faults.waiting import WITHIN_S, until

MISSED = 5
MANY = 300
ROOMS = 6
DOWN_S = 30.0
PACE_S = 0.2
OK, ACCEPTED, UNAVAILABLE = 200, 202, 503


@pytest.fixture
async def two(stage):
    """Somebody who writes and somebody who is away, and a room of theirs."""
    suite = stage.suite
    async with AsyncExitStack() as stack:
        people = [await someone(suite) for _ in range(2)]
        for each in people:
            stack.push_async_callback(each.chat.close)
        yield (*people, await room_of(suite, *people))


async def is_replayed(bob: Someone, room: str, count: int) -> None:
    """Check that a plain connection gets exactly what was missed, and that nothing waits then."""
    async with bob.visit() as visit:
        await visit.until("drained")
        while not visit.seqs(room):  # what was offered first may have been less
            await visit.until("drained", 1 + len(visit.of("drained")))
        assert visit.seqs(room) == list(range(1, count + 1))
        await visit.send({"type": "delivered", "room": room, "seq": count})
        await bob.until_status(incoming=0)


async def test_queue_dead_while_messages_are_sent(stage, two):
    ann, bob, room = two
    async with stage.killed("queue"):
        await ann.write(room, MISSED)

    await bob.until_status(incoming=MISSED)
    await is_replayed(bob, room, MISSED)


async def test_receipts_dead_while_messages_are_sent(stage, two):
    ann, bob, room = two
    async with stage.killed("receipts"):
        await ann.write(room, MISSED)

    await bob.until_status(incoming=MISSED)
    await is_replayed(bob, room, MISSED)


async def test_redis_wiped_between_sending_and_the_replay_and_before_the_acknowledgement(
    stage, two
):
    ann, bob, room = two
    url = stage.suite.state.redis_url
    await ann.write(room, MISSED)
    await asyncio.to_thread(wipe, url)
    await bob.until_status(incoming=MISSED)

    async with bob.visit() as visit:
        await visit.until("message", MISSED)
        await asyncio.to_thread(wipe, url)
        await visit.send({"type": "delivered", "room": room, "seq": MISSED})
        await bob.until_status(incoming=0)

    assert visit.seqs(room) == list(range(1, MISSED + 1))


async def test_without_the_queue_sync_alone_heals(stage, two):
    ann, bob, room = two
    await ann.write(room, MISSED)
    await bob.until_status(incoming=MISSED)
    async with stage.killed("queue"), bob.visit() as visit:
        await visit.send({"type": "sync", "cursors": {room: 0}})
        await visit.until("synced")
        healed, drained = visit.seqs(room), visit.of("drained")
        await visit.send({"type": "delivered", "room": room, "seq": MISSED})

    await bob.until_status(incoming=0)
    assert (healed, drained) == (list(range(1, MISSED + 1)), [])


async def test_queue_killed_while_a_lot_is_replayed(stage, two):
    ann, bob, room = two
    rooms = [room, *[await room_of(stage.suite, ann, bob) for _ in range(ROOMS - 1)]]
    for each in rooms:
        await ann.write(each, MANY // ROOMS)
    await bob.until_status(incoming=MANY)
    async with bob.visit() as visit:
        await visit.until("message")
        async with stage.killed("queue"):
            for each in rooms:
                await visit.send({"type": "sync", "cursors": {each: 0}})
            await visit.until("synced", ROOMS)
        for each in rooms:
            await visit.send({"type": "delivered", "room": each, "seq": MANY // ROOMS})
        await bob.until_status(incoming=0)

    assert [sorted(visit.seqs(each)) for each in rooms] == [
        list(range(1, MANY // ROOMS + 1))
    ] * ROOMS


@contextmanager
def no_connections(suite: RunningSuite, service: str) -> Iterator[None]:
    """Let PostgreSQL refuse a service inside the block: its database takes no connections."""
    url = suite.state.database_urls[service]
    elsewhere, name = beside(url, "postgres"), url.rsplit("/", 1)[1]
    execute_alone(elsewhere, f'alter database "{name}" allow_connections false')
    query(
        elsewhere,
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s",
        name,
    )
    try:
        yield
    finally:
        execute_alone(elsewhere, f'alter database "{name}" allow_connections true')


class Talk:
    """People who write in rooms: at chat where it takes messages, else at the queue."""

    def __init__(self, people: list[Someone], rooms: list[str]) -> None:
        self.people = people
        self.rooms = rooms
        self.sent: dict[tuple[str, str], list[str]] = {
            (room, each.id): [] for room in rooms for each in people
        }
        self.handed_over = 0
        self._is_over = False

    def stop(self) -> None:
        """Let everybody end with what they are sending."""
        self._is_over = True

    async def run(self) -> None:
        """Write until ``stop``."""
        async with asyncio.TaskGroup() as group:
            for each, room in itertools.product(self.people, self.rooms):
                group.create_task(self._write(each, room))

    async def _write(self, sender: Someone, room: str) -> None:
        mine = self.sent[room, sender.id]
        for number in itertools.count():
            if self._is_over:
                return
            client_id = str(uuid.uuid4())
            mine.append(client_id)
            await self._send(sender, room, f"number {number}", client_id)
            await asyncio.sleep(PACE_S)

    async def _send(self, sender: Someone, room: str, content: str, client_id: str) -> None:
        draft = Draft(room=room, content=content, client_id=client_id)
        # While any of theirs waits in the queue, the next one waits behind it.
        if (await waits(sender)) == 0:
            with suppress(parley.Unavailable, parley.Timeout):
                await sender.chat.api.send(draft)
                return
        await sender.hand_over(room, content, client_id)
        self.handed_over += 1


async def waits(sender: Someone) -> int:
    """Return how many messages of somebody wait to be sent."""
    status = await sender.status()
    return int(status["outgoing"] + status["retry"])


async def everything_arrived(stage: Stage, talk: Talk, visits: Sequence[Visit]) -> None:
    """Check that each message is there once, in its sender's order, and that all were told."""
    for each in talk.people:
        await each.until_status(outgoing=0, retry=0)
    for room in talk.rooms:
        rows = stored(stage.suite, room)
        assert [seq for seq, *_ in rows] == list(range(1, len(rows) + 1))
        for each in talk.people:
            written = [client_id for _, sender, client_id in rows if sender == each.id]
            assert written == talk.sent[room, each.id]
    assert [visit.of("failed") for visit in visits] == [[]] * len(visits)
    dead = (
        "select count(*) from queued_message where ending = 'failed' and room_id = any(%s::uuid[])"
    )
    assert query(stage.suite.state.database_urls["queue"], dead, talk.rooms) == [(0,)]


@pytest.fixture
async def talk(stage):
    """Three people who will write in two rooms."""
    async with AsyncExitStack() as stack:
        people = [await someone(stage.suite) for _ in range(3)]
        for each in people:
            stack.push_async_callback(each.chat.close)
        yield Talk(people, [await room_of(stage.suite, *people) for _ in range(2)])


async def test_the_postgresql_of_chat_stopped_under_traffic(stage, talk):
    async with AsyncExitStack() as stack:
        visits = [await stack.enter_async_context(each.visit()) for each in talk.people]
        async with asyncio.TaskGroup() as group:
            group.create_task(talk.run())
            await until(lambda: all(map(len, talk.sent.values())), what="traffic")
            with no_connections(stage.suite, "chat"):
                before = talk.handed_over
                await asyncio.sleep(DOWN_S)
                during = talk.handed_over - before
            after = [len(sent) for sent in talk.sent.values()]
            await until(
                lambda: all(
                    len(sent) > was + 2 for sent, was in zip(talk.sent.values(), after, strict=True)
                ),
                what="traffic again",
            )
            talk.stop()
        await everything_arrived(stage, talk, visits)
        told = [len(visit.of("ack")) for visit in visits]

    assert during > 0
    assert sum(told) > 0


async def test_chat_stopped_while_messages_are_handed_over(stage, talk):
    async with AsyncExitStack() as stack:
        async with stage.killed("chat"):
            for number in range(10):
                for (room, sender), sent in talk.sent.items():
                    each = next(one for one in talk.people if one.id == sender)
                    sent.append(await each.hand_over(room, f"number {number}"))
        visits = [await stack.enter_async_context(each.visit()) for each in talk.people]
        await everything_arrived(stage, talk, visits)


@pytest.fixture
def extra_queue(faulty_suite):
    """One more process of the queue."""
    extra = ExtraProcess(faulty_suite, "queue").start()
    yield extra
    extra.kill()


async def taken_in(extra: ExtraProcess, sender: Someone, room: str) -> str:
    """Hand a message to this process of the queue, and again while it cannot take it."""
    body = {"room": room, "client_id": str(uuid.uuid4()), "content": "last"}
    bearer = {"Authorization": f"Bearer {await sender.chat.credentials.bearer()}"}
    answers: list[int] = []
    async with (
        asyncio.timeout(WITHIN_S),
        httpx.AsyncClient(base_url=extra.url, headers=bearer, timeout=WITHIN_S) as http,
    ):
        while not answers or answers[-1] == UNAVAILABLE:
            answers.append((await http.post("/api/queue/outgoing", json=body)).status_code)
    assert answers[-1] in (ACCEPTED, OK)
    return body["client_id"]


async def test_two_queues_of_which_one_is_killed_and_one_hangs(stage, two, extra_queue):
    ann, bob, room = two
    await ann.write(room, MISSED)
    extra_queue.kill()
    await bob.until_status(incoming=MISSED)
    extra_queue.start()
    handed = [await ann.hand_over(room, f"late {number}") for number in range(MISSED)]
    async with stage.hung("queue"):
        # The one that hangs may hold the lock of ann's line, for as long as PostgreSQL bears it.
        handed.append(await taken_in(extra_queue, ann, room))
        await until(
            lambda: [row[2] for row in stored(stage.suite, room)][MISSED:] == handed,
            what="all that was handed over",
        )

    await bob.until_status(incoming=2 * MISSED + 1)
    await is_replayed(bob, room, 2 * MISSED + 1)
