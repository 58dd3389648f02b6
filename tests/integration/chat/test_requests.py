"""Another service asks for rooms, and is told; chat.events is kept for whoever has not read it."""

import asyncio
import contextlib
import uuid

import pytest
from redis.asyncio import Redis

from libs.common.clock import SystemClock
from libs.common.events import RoomSnapshot, SnapshotsRequested
from libs.common.redis_clients import connect_hot
from libs.common.streams.entries import Outgoing, StreamId, read_entries, unpack
from libs.common.streams.names import StreamPolicy, cut_off_key, stream_key, stream_table
from libs.common.streams.positions import end_of, group_positions
from libs.common.streams.publisher import Publisher
from libs.common.streams.trimming import Limits, Trimmer
from services.chat.store import (
    CHAT_EVENTS,
    CHAT_REQUESTS,
    CHAT_ROOMS,
    GROUP,
    RECEIPTS,
    SNAPSHOTS,
    STREAMS,
)
from tests.integration.chat.test_snapshots import LONG_AGO, age, repairs, repairs_reaching
from tests.integration.waiting import WITHIN_S, until

ROOMS_KEY, EVENTS_KEY = stream_key(CHAT_ROOMS), stream_key(CHAT_EVENTS)
REQUESTS = stream_table(StreamPolicy(CHAT_REQUESTS, groups=frozenset({GROUP})))
AT_ONCE = Limits(keep_ms=0)
CUT = Limits(max_entries=1)
NODE = 100
"""Entries that Redis keeps in one node: trimming with "~" removes whole nodes."""


class Asking:
    """A service that asks, and sees what it is told from then on."""

    def __init__(self, redis, publisher):
        self.redis = redis
        self._publisher = publisher
        self._begun = StreamId(0)

    async def begin(self):
        """Look only at what is told from now on."""
        self._begun = await end_of(self.redis, ROOMS_KEY)

    async def ask(self, *requests):
        """Ask; all at once, so that they are read together."""
        await self.begin()
        await self._publisher.publish([Outgoing(CHAT_REQUESTS, 0, requests)])

    async def told(self):
        """Return the snapshots since, by room; each must come once."""
        entries = read_entries(await self.redis.xrange(ROOMS_KEY, min=f"({self._begun}"))
        events = [event for raw in entries for event in unpack(raw).events]
        found = [event for event in events if isinstance(event, RoomSnapshot)]
        assert len({each.room for each in found}) == len(found)
        return {each.room: each for each in found}

    async def until_told(self, rooms):
        """Wait until these rooms were told; return their snapshots."""
        async with asyncio.timeout(WITHIN_S):
            while not (told := await self.told()).keys() >= set(rooms):
                await asyncio.sleep(0.02)
        return told

    async def until_nothing_is_due(self):
        """Wait until every request was taken and every wish fulfilled."""
        async with asyncio.timeout(WITHIN_S):
            while await self._is_due():
                await asyncio.sleep(0.02)

    async def _is_due(self):
        (position,) = await group_positions(self.redis, stream_key(CHAT_REQUESTS), [GROUP])
        wishes = await self.redis.exists(SNAPSHOTS.wishes)
        done = await self.redis.hget(SNAPSHOTS.note, "done")
        return position.first_unacked is not None or wishes or done != b"yes"


@pytest.fixture
async def asking(world):
    async with contextlib.AsyncExitStack() as stack:
        url = world.suite.state.redis_url
        redis = await stack.enter_async_context(Redis.from_url(url))
        hot = await stack.enter_async_context(connect_hot(url))
        asking = Asking(redis, Publisher(hot, REQUESTS, clock=SystemClock()))
        await asking.until_nothing_is_due()
        await asking.begin()
        yield asking


@pytest.fixture
async def safe_point(world):
    """Wait until there is one, so that what is old is known to be safe."""
    await until(
        lambda: world.rows("select 1 from safe_point where reached_at > now() - interval '1 hour'"),
        what="a safe point",
    )


async def test_rooms_that_are_named_are_told_at_once_and_unknown_ones_left_out(world, asking):
    ann, bob = world.people(2)
    rooms = [world.room(ann, bob) for _ in range(3)]
    age(world, *rooms)
    world.rows("update room set open_history = true where id = %s", rooms[0])
    world.rows(
        "update member set delivered_seq = 3, read_seq = 3, shown_read_seq = 1"
        " where room_id = %s and user_id = %s",
        *(rooms[0], ann.id),
    )

    names = [*rooms[:2], str(uuid.uuid4()), "no id"]
    await asking.ask(SnapshotsRequested(service="receipts", rooms=names))
    told = await asking.until_told(rooms[:2])
    await asking.until_nothing_is_due()

    assert (await asking.told()).keys() == set(rooms[:2])
    assert [told[room].open_history for room in rooms[:2]] == [True, False]
    members = {member.user: member for member in told[rooms[0]].members}
    assert (members[ann.id].read_seq, members[ann.id].shown_read_seq) == (3, 1)
    assert members[bob.id].shown_read_seq is None


async def test_who_may_have_missed_something_is_told_what_changed_once(world, asking, safe_point):
    ann = world.person()
    fresh, old = world.room(ann), world.room(ann)
    age(world, old)
    before = await repairs(world)

    await asking.ask(*[SnapshotsRequested(service="receipts")] * 2)
    told = await asking.until_told([fresh])
    await asking.until_nothing_is_due()

    assert old not in told
    assert await repairs_reaching(world, before + 1) == before + 1


async def test_who_knows_nothing_is_told_everything(world, asking, safe_point):
    ann = world.person()
    old = world.room(ann)
    age(world, old)

    await asking.ask(
        SnapshotsRequested(service="receipts"),
        SnapshotsRequested(service="receipts", everything=True),
    )

    assert old in await asking.until_told([old])


async def test_own_seqs_are_those_since_the_safe_point_that_their_author_has_not_read(
    world, asking, safe_point
):
    ann, bob, gone = world.people(3)
    room = world.room(ann, bob, gone)
    world.fill(room, ann, 4)
    for seq, author in ((5, bob), (6, ann), (7, gone), (8, ann)):
        world.rows(
            "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
            " values (%s, %s, %s, gen_random_uuid(), 'x', now())",
            *(room, seq, author.id),
        )
    world.rows("update room set last_seq = 8, last_at = now() where id = %s", room)
    world.rows(
        "update message set created_at = now() - %s::interval where room_id = %s and seq <= 3",
        *(LONG_AGO, room),
    )
    world.rows("update member set read_seq = 5 where room_id = %s and user_id = %s", room, bob.id)
    world.rows("update member set left_seq = 7 where room_id = %s and user_id = %s", room, gone.id)
    world.rows(
        "update chat_user set send_read_receipts = false where id in (%s, %s)", ann.id, bob.id
    )

    await asking.ask(SnapshotsRequested(service="receipts", rooms=[room]))
    told = await asking.until_told([room])

    assert told[room].own_seqs == {ann.id: [4, 6, 8]}
    assert told[room].private_readers == [ann.id]


async def test_chat_events_keep_what_receipts_has_not_acknowledged_and_no_more(world, asking):
    ann = world.person()
    room = world.room(ann)
    trimmer = Trimmer(asking.redis, list(STREAMS.values()), limits=AT_ONCE)
    world.suite.stop_service("receipts")
    try:
        before = await asking.redis.xlen(EVENTS_KEY)
        async with world.client(ann) as anns:
            await anns.say(room, "one")
        async with asyncio.timeout(WITHIN_S):
            while await asking.redis.xlen(EVENTS_KEY) == before:
                await asyncio.sleep(0.02)
        for _ in range(2 * NODE):
            await asking.redis.xadd(EVENTS_KEY, {"e": b"[]"})
        await trimmer.trim_all()
        kept = await asking.redis.xlen(EVENTS_KEY)
    finally:
        world.suite.start_service("receipts")
    async with asyncio.timeout(WITHIN_S):
        while await _unacknowledged(asking.redis):
            await asyncio.sleep(0.05)
    cut_off = await trimmer.trim_all()

    assert kept > 2 * NODE
    assert cut_off == {}
    assert await asking.redis.xlen(EVENTS_KEY) <= NODE


async def test_receipts_asks_by_itself_for_what_was_trimmed_before_it_read_it(
    world, asking, safe_point
):
    ann = world.person()
    room = world.room(ann)
    trimmer = Trimmer(asking.redis, list(STREAMS.values()), limits=CUT)
    world.suite.stop_service("receipts")
    try:
        for _ in range(2 * NODE):
            await asking.redis.xadd(EVENTS_KEY, {"e": b"[]"})
        cut_off = await trimmer.trim_all()
    finally:
        world.suite.start_service("receipts")
    told = await asking.until_told([room])
    async with asyncio.timeout(WITHIN_S):
        while await asking.redis.exists(cut_off_key(EVENTS_KEY)):
            await asyncio.sleep(0.02)

    assert cut_off[EVENTS_KEY] == [RECEIPTS]
    assert [member.user for member in told[room].members] == [ann.id]


async def _unacknowledged(redis):
    positions = await group_positions(redis, EVENTS_KEY, STREAMS[CHAT_EVENTS].groups)
    return any(position.first_unacked is not None for position in positions)
