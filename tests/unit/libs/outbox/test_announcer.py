import asyncio
import contextlib

import pytest

from libs.common.errors import Unavailable
from libs.common.events import RoomHead
from libs.common.outbox import Announcer
from libs.common.streams.entries import Outgoing

WITHIN_S = 5.0


class FakePublisher:
    """Keeps what it is given; waits while it is held, and fails where it is down."""

    def __init__(self):
        self.published = []
        self.is_down = False
        self.free = asyncio.Event()
        self.free.set()
        self.asked = asyncio.Event()

    async def publish(self, news, *, causes):
        self.asked.set()
        await self.free.wait()
        if self.is_down:
            raise Unavailable
        self.published.append(list(news))


class FakeDatabase:
    """Runs at once, or is down."""

    def __init__(self):
        self.is_down = False

    async def run(self, function, *args):
        if self.is_down:
            raise Unavailable
        return function(*args)


class Stage:
    """An announcer that runs, and what it stands on."""

    def __init__(self):
        self.publisher = FakePublisher()
        self.database = FakeDatabase()
        self.deleted: list[int] = []
        self.announcer = Announcer(
            publisher=self.publisher,  # type: ignore[arg-type]  # a fake
            database=self.database,  # type: ignore[arg-type]  # a fake
            delete=self.deleted.extend,
        )


@pytest.fixture
async def stage():
    stage = Stage()
    task = asyncio.create_task(stage.announcer.run())
    yield stage
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def head(room, seq, *, partition=0):
    return Outgoing("stream", partition, [RoomHead(room=room, head=seq)])


def told(news):
    """Return (partition, [(room, head)]) of each thing published together."""
    return [(each.partition, [(e.room, e.head) for e in each.events]) for each in news]


async def test_what_is_announced_is_published_and_its_row_goes(stage):
    await stage.announcer.flush(WITHIN_S)  # nothing so far
    stage.announcer.announce(7, [head("hall", 1)])
    await stage.announcer.flush(WITHIN_S)

    assert [told(news) for news in stage.publisher.published] == [[(0, [("hall", 1)])]]
    assert stage.deleted == [7]
    assert stage.announcer.take_published() == []


async def test_what_comes_while_it_publishes_goes_together_and_in_order(stage):
    stage.publisher.free.clear()
    stage.announcer.announce(1, [head("hall", 1)])
    await stage.publisher.asked.wait()
    stage.announcer.announce(2, [head("hall", 2), head("yard", 5, partition=3)])
    stage.announcer.announce(3, [head("hall", 4), head("yard", 6, partition=3)])
    stage.publisher.free.set()
    await stage.announcer.flush(WITHIN_S)

    assert [told(news) for news in stage.publisher.published] == [
        [(0, [("hall", 1)])],
        [(0, [("hall", 2), ("hall", 4)]), (3, [("yard", 5), ("yard", 6)])],
    ]
    assert stage.deleted == [1, 2, 3]


async def test_what_cannot_be_published_is_left_and_the_next_is_tried(stage):
    stage.publisher.is_down = True
    stage.announcer.announce(1, [head("hall", 1)])
    await stage.announcer.flush(WITHIN_S)
    stage.publisher.is_down = False
    stage.announcer.announce(2, [head("hall", 2)])
    await stage.announcer.flush(WITHIN_S)

    assert [told(news) for news in stage.publisher.published] == [[(0, [("hall", 2)])]]
    assert stage.deleted == [2]


async def test_a_row_is_handed_over_once_and_only_when_its_news_is_out(stage):
    stage.publisher.free.clear()
    stage.announcer.announce(1, [head("hall", 1)])
    await stage.publisher.asked.wait()
    before = stage.announcer.take_published()
    stage.publisher.free.set()
    stage.database.is_down = True
    await stage.announcer.flush(WITHIN_S)

    assert before == []
    assert stage.announcer.take_published() == [1]
    assert stage.announcer.take_published() == []


async def test_rows_that_were_put_back_are_deleted_later(stage):
    stage.announcer.put_back_published([4, 5])
    await stage.announcer.delete_published()

    assert stage.deleted == [4, 5]


async def test_rows_that_could_not_be_deleted_are_kept_in_mind(stage):
    stage.announcer.put_back_published([4])
    stage.database.is_down = True
    await stage.announcer.delete_published()
    stage.announcer.put_back_published([5])
    stage.database.is_down = False
    await stage.announcer.delete_published()

    assert stage.deleted == [4, 5]


async def test_a_flush_waits_no_longer_than_it_is_told(stage):
    stage.publisher.free.clear()
    stage.announcer.announce(1, [head("hall", 1)])

    await asyncio.wait_for(stage.announcer.flush(0.01), WITHIN_S)

    assert stage.deleted == []


async def test_a_flush_of_nothing_ends_at_once(stage):
    await asyncio.wait_for(stage.announcer.flush(3600), WITHIN_S)
