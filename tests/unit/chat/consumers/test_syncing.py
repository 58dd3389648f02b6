import asyncio
from typing import Any, cast

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.errors import RateLimited, Unavailable
from libs.common.tasks import TaskSet
from services.chat.consumers.syncing import WAITING, Syncing
from services.chat.frames.client import Sync
from services.chat.frames.server import SyncedRoom
from services.chat.hub import Outbound
from tests.unit.chat.hub.fake_database import message
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.waiting import WITHIN_S

PAGE = 64
LONG = "\1" * 4096


class FakeMessages:
    """Answers the two questions of ``sync`` from one room."""

    def __init__(self, count):
        self.count = count
        self.error = None

    async def run(self, function, **wish):
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        if function.__name__ == "missing_ranges":
            [(room, cursor)] = wish["cursors"].items()
            return [SyncedRoom(room=room, from_=cursor + 1, to=self.count, has_more=False)]
        first, last = wish["first_seq"], min(wish["last_seq"], wish["first_seq"] + PAGE - 1)
        pages = [message(wish["room_id"], seq) for seq in range(first, last + 1)]
        return [msgspec.structs.replace(each, content=LONG) for each in pages]


class Desk:
    def __init__(self, count):
        self.wire = FakeWire()
        self.database = FakeMessages(count)
        self.tasks = TaskSet()
        self.outbound = Outbound(self.wire)
        self.syncing = Syncing(
            user="user",
            outbound=self.outbound,
            database=cast(Any, self.database),
            clock=ManualClock(),
            tasks=self.tasks,
        )

    @property
    def frames(self):
        return [msgspec.json.decode(text) for text in self.wire.written]

    async def until(self, condition):
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                await asyncio.sleep(0)


@pytest.fixture
async def desk():
    desk = Desk(3 * PAGE)
    yield desk
    await desk.tasks.stop()


async def test_everything_comes_in_order_and_then_the_end(desk):
    desk.syncing.begin(Sync(cursors={"room": 0}, ref="mine"))

    await desk.until(lambda: desk.frames and desk.frames[-1]["type"] == "synced")
    assert [frame["seq"] for frame in desk.frames[:-1]] == list(range(1, 3 * PAGE + 1))
    assert desk.frames[-1]["ref"] == "mine"


async def test_a_page_that_is_long_as_json_waits_for_its_reader_and_closes_nobody(desk):
    desk.wire.ready = False
    desk.syncing.begin(Sync(cursors={"room": 0}))

    for _ in range(100):
        await asyncio.sleep(0)
    early = (list(desk.wire.written), list(desk.wire.codes))
    desk.wire.go_on()
    await desk.until(lambda: desk.frames and desk.frames[-1]["type"] == "synced")

    assert early == ([], [])
    assert desk.wire.codes == []
    assert len(desk.frames) == 3 * PAGE + 1


@pytest.mark.parametrize(
    ("error", "code"), [(Unavailable(), "unavailable"), (KeyError("a bug"), "internal")]
)
async def test_whatever_goes_wrong_is_answered_and_the_next_one_works(desk, error, code):
    desk.database.error = error
    desk.syncing.begin(Sync(cursors={"room": 0}, ref="first"))
    await desk.until(lambda: desk.frames)
    desk.database.error = None

    desk.syncing.begin(Sync(cursors={"room": 3 * PAGE}, ref="second"))
    await desk.until(lambda: len(desk.frames) == 2)

    assert [(f["type"], f["ref"]) for f in desk.frames] == [
        ("error", "first"),
        ("synced", "second"),
    ]
    assert desk.frames[0]["code"] == code


async def test_only_so_many_may_wait(desk):
    for _ in range(WAITING):
        desk.syncing.begin(Sync(cursors={"room": 0}))

    with pytest.raises(RateLimited):
        desk.syncing.begin(Sync(cursors={"room": 0}))
