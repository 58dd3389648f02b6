"""All processes of chat restarted one after the other under traffic: nobody loses, or notices, much.

Hundreds of people are connected, some talk over sockets, some over HTTP; all come back by
themselves. Nobody is ever said to be gone, and they come back a few at a time.
"""

import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from itertools import pairwise
from typing import Any, cast

import pytest
from redis import Redis

from dev.harness import RunningSuite
from libs.common.events import PresenceChanged
from libs.common.streams.entries import read_entries, unpack
from services.chat.domain.closing import RESTARTING
from tests.background import in_background
from tests.faults.conftest import DRAIN_S
from tests.faults.returning import REFUSED, Poster, Returning
from tests.faults.waiting import until
from tests.integration.chat.world import World

pytestmark = [
    pytest.mark.long(90),
    pytest.mark.own_suite("both processes of chat are others afterwards"),
]

PEOPLE, IN_A_ROOM, POSTERS = 240, 30, 3
OPENED_AT_ONCE = 20
PROCESSES = 2
BIN_S = 0.5
DRAINED = re.compile(r"drained .*batches=(\d+) largest=(\d+) .*sessions=(\d+)")
WITHIN_S = 120.0
PRESENCE_EVENTS = "presence.events:{0}"

log = logging.getLogger(__name__)


class Crowd:
    """People who are connected, in rooms of their own, and some who write there over HTTP."""

    def __init__(self, suite: RunningSuite) -> None:
        # Not through the doors of the suite: to hash so many passwords takes a while.
        self.world = World(suite, cast(Any, None))
        self.people = self.world.people(PEOPLE)
        self.rooms = [
            self.world.room(*self.people[n : n + IN_A_ROOM]) for n in range(0, PEOPLE, IN_A_ROOM)
        ]
        self.world.tell(*self.rooms)
        self.guests = [Returning(self.world.url, person.token) for person in self.people]
        self.posters = [
            Poster(self.world.url, person.token, self.rooms[0]) for person in self.people[:POSTERS]
        ]

    @asynccontextmanager
    async def coming(self) -> AsyncIterator[None]:
        """Let them come, be there inside the block, and go."""
        async with AsyncExitStack() as stack:
            stack.callback(self.world.close)
            for first in range(0, PEOPLE, OPENED_AT_ONCE):
                for guest in self.guests[first : first + OPENED_AT_ONCE]:
                    await stack.enter_async_context(in_background(guest.run()))
                await self.until_open(first + OPENED_AT_ONCE)
            yield

    async def until_open(self, count: int = PEOPLE) -> None:
        """Wait until the first so many have their welcome."""
        await until(
            lambda: all(guest.is_open for guest in self.guests[:count]),
            what=lambda: f"{sum(not each.is_open for each in self.guests[:count])} more welcomes",
        )

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[None]:
        """Let some write inside the block."""
        async with AsyncExitStack() as stack:
            for poster in self.posters:
                await stack.enter_async_context(poster.posting())
            yield


@pytest.mark.promise(number=4)
async def test_a_rolling_restart_under_traffic_is_hardly_noticed(stage):
    suite, crowd = stage.suite, Crowd(stage.suite)
    talkers = [await stage.join() for _ in range(4)]
    rooms = [(pair, await stage.room_of(*pair)) for pair in pairwise(talkers)]
    places = [(person, room) for pair, room in rooms for person in pair]
    poller = await stage.poller(talkers[0])

    async with crowd.coming():
        async with stage.traffic(*places), crowd.posting(), poller.talking():
            await stage.acks(50)
            log_of_restart = await restarted(suite)
            await crowd.until_open()
            await stage.acks(50)
        gone = said_to_be_gone(suite.state.redis_url)
        assert_all_is_there(crowd)

    await stage.settle(what="rolling restart")
    ids = {each.id for each in crowd.people} | {each.user_id for each in talkers} | {poller.user}
    assert gone.isdisjoint(ids)
    assert set().union(*(guest.gone for guest in crowd.guests)).isdisjoint(ids)
    assert "has not ended" not in log_of_restart
    tell_when_they_came_back(crowd.guests)
    assert_they_were_sent_away_bit_by_bit(crowd.guests, log_of_restart)


async def restarted(suite: RunningSuite) -> str:
    """Restart chat, and return what the suite logged meanwhile."""
    old, written = pids(suite), len(suite.log)
    suite.restart_chat()
    await until(
        lambda: "everything is restarted" in suite.log[written:],
        what="the rolling restart",
        within_s=WITHIN_S,
    )
    assert pids(suite).isdisjoint(old)
    return suite.log[written:]


def pids(suite: RunningSuite) -> set[int]:
    return {process.pid for process in suite.state.of("chat")}


def assert_all_is_there(crowd: Crowd) -> None:
    """Check that what was posted is written once each, without a hole, as its senders wrote it."""
    posters = crowd.posters
    rows = crowd.world.rows(
        "select seq, sender_id::text, client_id::text from message where room_id = %s order by seq",
        crowd.rooms[0],
    )
    refusals = Counter(refusal for poster in posters for refusal in poster.refusals)
    broken = Counter(error for poster in posters for error in poster.broken)
    log.info("%d posted; refused: %s; broken: %s", len(rows), dict(refusals), dict(broken))
    assert [seq for seq, *_ in rows] == list(range(1, len(rows) + 1))
    for person, poster in zip(crowd.people, posters, strict=False):
        assert [mine for _, sender, mine in rows if sender == person.id] == poster.sent
    assert len(rows) == sum(len(poster.sent) for poster in posters)
    assert all(status in REFUSED and after_s for status, after_s in refusals), refusals
    assert broken.keys() <= {"ConnectError"}


def said_to_be_gone(redis_url: str) -> set[str]:
    """Return everybody of whom presence said that they are gone after they had been there."""
    with closing(Redis.from_url(redis_url)) as redis:
        entries = [unpack(raw) for raw in read_entries(redis.xrange(PRESENCE_EVENTS))]
    there, gone = set[str](), set[str]()
    for person in (
        person
        for entry in entries
        for event in entry.events
        if isinstance(event, PresenceChanged)
        for person in event.people
    ):
        if person.status == "online":
            there.add(person.user)
        elif person.status == "offline" and person.user in there:
            gone.add(person.user)
    assert there, "nobody was said to be there"
    return gone


def tell_when_they_came_back(guests: Sequence[Returning]) -> None:
    """Log it, process by process. It says as much of a busy machine as of chat."""
    times_s = sorted(at_s for guest in guests for at_s in guest.returns)
    gap_s, second_s = max((later - at_s, later) for at_s, later in pairwise(times_s))
    log.info("%.1f s between the two processes", gap_s)
    for wave in ([t for t in times_s if t < second_s], [t for t in times_s if t >= second_s]):
        bins = Counter(int((at_s - wave[0]) / BIN_S) for at_s in wave)
        log.info("%d came back within %.1f s:", len(wave), wave[-1] - wave[0])
        for number in range(max(bins) + 1):
            log.info("%5.1f s %4d %s", number * BIN_S, bins[number], "#" * (bins[number] // 2))


def assert_they_were_sent_away_bit_by_bit(guests: Sequence[Returning], log_of_restart: str) -> None:
    codes = sum((guest.codes for guest in guests), Counter[int | str]())
    drains = [
        (int(batches), int(largest), int(sessions))
        for batches, largest, sessions in DRAINED.findall(log_of_restart)
    ]
    log.info("closed with %s; batches, the largest, sessions: %s", dict(codes), drains)
    assert len(drains) == PROCESSES
    assert sum(sessions for *_, sessions in drains) >= PEOPLE
    for batches, largest, sessions in drains:
        assert batches > DRAIN_S
        assert largest <= sessions / 3
    assert codes[RESTARTING] >= PEOPLE
    assert codes.keys() <= {RESTARTING, "unasked"}
