"""Reconciling with the real chat: no drift after traffic, and every kind that is planted is found.

What is planted in one database, by hand, is what no event would bring.
"""

import asyncio
import uuid

import pytest

from dev.manage import manage
from libs.common.clock import ManualClock, SystemClock
from libs.common.events import RoomSnapshot, SnapshotsRequested
from libs.common.redis_clients import connect_blocking, connect_hot
from libs.common.streams.entries import Outgoing, read_entries, unpack
from libs.common.streams.names import stream_key
from libs.common.streams.publisher import Publisher
from services.receipts.actions.reconcile import (
    ChatAsked,
    ChatIsSilent,
    HourlyReconcile,
    Reconciler,
    Report,
)
from services.receipts.actions.reconcile.hourly import DRIFT
from services.receipts.domain import drift
from services.receipts.store import CHAT_REQUESTS, CHAT_ROOMS, STREAMS
from tests.integration.chat.world import WITHIN_S
from tests.integration.own_database import service_named
from tests.integration.waiting import until_answering

IN_ORDER, DRIFTED = 0, 1
ANSWERS = {**STREAMS, CHAT_ROOMS: STREAMS[CHAT_REQUESTS]}
"""Lets a test write what chat writes."""


async def agreed(world, rooms, user, marks):
    """Wait until both services know a member's watermarks in all these rooms."""
    wanted = (
        "select delivered_seq, read_seq from {} where room_id = any(%s::uuid[]) and user_id = %s"
    )
    async with asyncio.timeout(WITHIN_S):
        for table, rows in (("watermark", world.receipts_rows), ("member", world.rows)):
            while rows(wanted.format(table), rooms, user.id) != [marks] * len(rooms):
                await asyncio.sleep(0.05)


async def used_rooms(world, ann, bob, *, count):
    """Make rooms in which Ann wrote three messages, of which Bob received all and read two."""
    rooms = [world.room(ann, bob) for _ in range(count)]
    world.tell(*rooms)
    async with world.client(ann) as writer, world.client(bob) as reader:
        for room in rooms * 3:
            await writer.say(room, "something")
        for room in rooms:
            await reader.until_seqs(room, 3)
            await reader.socket.send({"type": "delivered", "room": room, "seq": 3})
            await reader.socket.send({"type": "read_receipt", "room": room, "seq": 2})
        await agreed(world, rooms, bob, (3, 2))
        await agreed(world, rooms, ann, (3, 3))
    return rooms


async def reconcile(world, *rooms):
    """Run the command; return its exit status."""
    return await asyncio.to_thread(
        manage, world.suite.run_dir, service_named("receipts"), ["reconcile", *rooms]
    )


async def test_after_real_traffic_there_is_no_drift(world, capfd):
    ann, bob = world.people(2)
    rooms = await used_rooms(world, ann, bob, count=2)

    status = await reconcile(world, *rooms)

    assert "2 rooms, 4 members" in capfd.readouterr().out
    assert status == IN_ORDER


async def test_every_kind_of_drift_is_found(world, capfd):
    ann, bob = world.people(2)
    room, *others = await used_rooms(world, ann, bob, count=len(drift.KINDS) + 1)
    rooms = dict(zip(drift.KINDS, others, strict=True))
    rooms[drift.CHAT_ROOM] = str(uuid.uuid4())
    plant(world, rooms, bob)

    status = await reconcile(world, room, *rooms.values())

    report = capfd.readouterr().out
    found = {kind for kind, its in rooms.items() if f"{kind} in room {its}" in report}
    assert found == set(drift.KINDS)
    assert room not in report
    assert status == DRIFTED


OUR_PLANTS = {
    drift.LOG_ABOVE: "update advance set delivered_seq = 4 where room_id = %s and user_id = %s"
    " and delivered_seq = 3",
    drift.LOG_BELOW: "update advance set read_seq = 1, shown_read_seq = 1"
    " where room_id = %s and user_id = %s and read_seq = 2",
    drift.CHAT_MEMBERS: "update watermark set present = false where room_id = %s and user_id = %s",
}
PLANTS_OF_CHAT = {
    drift.CHAT_DELIVERED: "update member set delivered_seq = 2 where room_id = %s and user_id = %s",
    drift.CHAT_READ: "update member set read_seq = 1, shown_read_seq = 1"
    " where room_id = %s and user_id = %s",
    drift.CHAT_SHOWN: "update member set shown_read_seq = 0 where room_id = %s and user_id = %s",
}


def plant(world, rooms, bob):
    """Let one thing of each room be as it must not."""
    world.receipts_rows("insert into room (id, version) values (%s, 1)", rooms[drift.CHAT_ROOM])
    # Where what we have is of a newer version, the answer of chat does not mend it.
    world.receipts_rows("update room set version = 99 where id = %s", rooms[drift.CHAT_MEMBERS])
    for kind, statement in OUR_PLANTS.items():
        world.receipts_rows(statement, rooms[kind], bob.id)
    for kind, statement in PLANTS_OF_CHAT.items():
        world.rows(statement, rooms[kind], bob.id)


@pytest.fixture
async def valkey(servers):
    """A server without chat: what asks, what answers in its place, and a client."""
    hot, blocking = connect_hot(servers.redis_url), connect_blocking(servers.redis_url)
    await until_answering(hot, blocking)
    await hot.flushall()
    yield blocking, Publisher(hot, ANSWERS, clock=SystemClock())
    await hot.aclose()
    await blocking.aclose()


def snapshot(room, *, last_seq):
    return RoomSnapshot(room=room, version=1, last_seq=last_seq, members=[])


async def test_chat_is_asked_for_rooms_and_what_it_tells_of_others_is_not_meant(valkey):
    blocking, publisher = valkey
    ask = ChatAsked(blocking, publisher, clock=SystemClock())
    before = [snapshot("a", last_seq=1)]
    await publisher.publish([Outgoing(CHAT_ROOMS, 0, before)])

    asking = asyncio.create_task(ask(["b", "a"]))
    async with asyncio.timeout(WITHIN_S):
        while not (requests := await blocking.xrange(stream_key(CHAT_REQUESTS))):
            await asyncio.sleep(0.01)
    for told in (
        [snapshot("a", last_seq=2), snapshot("x", last_seq=2)],
        [snapshot("b", last_seq=3)],
    ):
        await publisher.publish([Outgoing(CHAT_ROOMS, 0, told)])

    assert {room: each.last_seq for room, each in (await asking).items()} == {"a": 2, "b": 3}
    (request,) = unpack(read_entries(requests)[0]).events
    assert request == SnapshotsRequested(service="receipts", rooms=["a", "b"])


async def test_who_is_not_answered_does_not_wait_for_ever(valkey):
    class Hurrying(ManualClock):
        def monotonic(self):
            self.advance(1.0)
            return super().monotonic()

    blocking, publisher = valkey

    assert await ChatAsked(blocking, publisher, clock=Hurrying())(["a"]) == {}


class Finding(Reconciler):
    """Finds what it is told to, or fails."""

    def __init__(self, *outcomes):
        self._outcomes = list(outcomes)
        self.runs = 0

    async def run(self, rooms=None, *, on_page=None):
        self.runs += 1
        await on_page()
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_one_process_reconciles_in_an_hour_and_all_show_what_it_found(valkey):
    blocking, _ = valkey
    report = Report(rooms=1)
    report.add([drift.Case(drift.LOG_ABOVE, "room", "ann", 1, 2)])
    first, second = Finding(report), Finding()
    looks = [HourlyReconcile(each, redis=blocking, clock=ManualClock()) for each in (first, second)]

    await looks[0].look()
    DRIFT.clear()
    await looks[1].look()
    await looks[0].look()

    assert (first.runs, second.runs) == (1, 0)
    shown = {s.labels["kind"]: s.value for metric in DRIFT.collect() for s in metric.samples}
    assert shown == {**dict.fromkeys(drift.KINDS, 0), drift.LOG_ABOVE: 1}


async def test_who_could_not_reconcile_leaves_it_to_the_next(valkey):
    blocking, _ = valkey
    failing, next_one = Finding(ChatIsSilent()), Finding(Report())

    with pytest.raises(ChatIsSilent):
        await HourlyReconcile(failing, redis=blocking, clock=ManualClock()).look()
    await HourlyReconcile(next_one, redis=blocking, clock=ManualClock()).look()

    assert next_one.runs == 1
