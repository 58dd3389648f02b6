import asyncio
from typing import Any

import pytest

from libs.common.errors import Unavailable
from libs.common.events import SnapshotsRequested
from libs.common.streams import snapshots_wanted
from libs.common.streams.entries import Outgoing
from libs.common.streams.snapshots_wanted import SnapshotsWanted
from tests.waiting import WITHIN_S

REQUESTS = "chat.requests"
FROM_SAFE_POINT = SnapshotsRequested(service="one")
EVERYTHING = SnapshotsRequested(service="one", everything=True)


class Streams:
    """Takes requests, after failing so many times."""

    def __init__(self):
        self.failures = 0
        self.requests = []

    async def publish(self, outgoing):
        if self.failures:
            self.failures -= 1
            raise Unavailable
        (item,) = outgoing
        assert isinstance(item, Outgoing)
        assert (item.stream, item.partition) == (REQUESTS, 0)
        self.requests += item.events


class Database:
    """Runs what it is asked to, at once."""

    async def run(self, function):
        return function()


def wanting(streams: Any, *, knows: bool) -> SnapshotsWanted:
    """Return what a service has that knows some room, or none."""
    database: Any = Database()
    return SnapshotsWanted(
        service="one",
        stream=REQUESTS,
        publisher=streams,
        database=database,
        any_room_is_known=lambda: knows,
    )


@pytest.fixture
def streams(monkeypatch):
    monkeypatch.setattr(snapshots_wanted, "AGAIN_AFTER_S", 0)
    monkeypatch.setattr(snapshots_wanted, "COLLECT_S", 0.01)
    return Streams()


async def begin(streams, *, knows):
    """Run until the groups may begin; return what had been asked for by then."""
    begun = asyncio.get_running_loop().create_future()
    wanted = wanting(streams, knows=knows)
    running = asyncio.create_task(wanted.run(then=lambda: begun.set_result(list(streams.requests))))
    try:
        async with asyncio.timeout(WITHIN_S):
            return await begun
    finally:
        running.cancel()


async def test_who_knows_no_room_asks_for_all_before_the_groups_begin(streams):
    streams.failures = 3

    asked = await begin(streams, knows=False)

    assert asked == [EVERYTHING]


async def test_who_knows_rooms_begins_without_asking(streams):
    asked = await begin(streams, knows=True)

    assert asked == []


async def test_what_groups_miss_together_is_asked_for_once_and_later_again(streams):
    wanted = wanting(streams, knows=True)

    await asyncio.gather(*(wanted.missed("it was trimmed") for _ in range(3)))
    together = list(streams.requests)
    await wanted.missed("it was trimmed again")

    assert together == [FROM_SAFE_POINT]
    assert streams.requests == [FROM_SAFE_POINT] * 2


async def test_every_group_learns_that_a_request_was_not_taken(streams):
    streams.failures = 1
    wanted = wanting(streams, knows=True)

    outcomes = await asyncio.gather(
        *(wanted.missed("it was trimmed") for _ in range(3)), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert streams.requests == []
