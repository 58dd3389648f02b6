"""When it is looked at what is due, when silence counts, when it is beaten, and when recalled."""

import asyncio
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as NoRedis, ResponseError
from structlog.testing import capture_logs

from libs.common.clock import Clock, ManualClock
from libs.common.errors import Unavailable
from libs.common.events import PresenceBeat
from services.presence.actions.watch import (
    BEAT_EVERY_S,
    BEHIND,
    IS_CLEAR,
    LOOK_EVERY_S,
    PEOPLE,
    PEOPLE_THERE,
    PROCESSES,
    RECALL_AFTER_MS,
    TOLD_LATE,
    Watch,
)
from services.presence.domain.sight import MOST_BEHIND_S
from services.presence.store import GROUP, PRESENCE_EVENTS, RECALLED, SINCE
from services.presence.store.sessions import LEASE_MS, Settled
from tests.background import in_background
from tests.properties.quick_time import LoopClock, QuickLoop

NOON_MS = 1_800_000_000_000
LEASE_S = LEASE_MS / 1000


class Redis:
    """Its clock, how far the group has read the stream, and when the data began."""

    def __init__(self):
        self.now_ms = NOON_MS
        self.fails: Exception | None = None
        self.has_stream = True
        self.pending: bytes | None = None
        self.unread: bytes | None = None
        self.values: dict[str, int] = {SINCE: NOON_MS}
        self.sizes = [3, 2, 1]

    def _answer(self, reply):
        if self.fails is not None:
            raise self.fails
        return reply

    async def time(self):
        return self._answer((self.now_ms // 1000, self.now_ms % 1000 * 1000))

    async def xinfo_groups(self, key):
        if not self.has_stream:
            raise ResponseError("no such key")
        return self._answer([{"name": GROUP.encode(), "last-delivered-id": b"1-0"}])

    async def mget(self, keys):
        values = (self.values.get(key) for key in keys)
        return self._answer([None if value is None else str(value).encode() for value in values])

    async def set(self, key, value):
        self.values[key] = self._answer(value)

    def pipeline(self, *, transaction):
        assert not transaction
        return Pipeline(self)


class Pipeline:
    """Answers what it was asked, together."""

    def __init__(self, redis):
        self.redis = redis
        self.replies = []

    def xpending(self, key, group):
        self.replies.append({"min": self.redis.pending})

    def xrange(self, key, *, min, count):  # noqa: A002 - as Redis names it
        unread = self.redis.unread
        self.replies.append([] if unread is None else [(unread, {})])

    def scard(self, key):
        self.replies.append(self.redis.sizes[len(self.replies)])

    zcard = scard

    async def execute(self):
        return self.redis._answer(self.replies)


class Store:
    """Notes its rounds and who is recalled; there is as much more to do as it is told."""

    def __init__(self):
        self.counted: list[bool] = []
        self.more = 0
        self.told = 0
        self.recalled: list[list[tuple[str, int]]] = []

    async def settle(self, *, silence_counts):
        self.counted.append(silence_counts)
        self.more -= 1
        return Settled(told=self.told, more=self.more >= 0)

    async def recall(self, people):
        self.recalled.append(list(people))
        return len(people)


class Streams:
    """Keeps what is published, unless it is down."""

    def __init__(self):
        self.beats: list[Any] = []
        self.is_down = False

    async def publish(self, outgoing):
        if self.is_down:
            raise Unavailable
        self.beats += [(item.stream, item.partition, list(item.events)) for item in outgoing]


class Database:
    """People who are written to be there, in the order of their ids; or it is down."""

    def __init__(self):
        self.online: list[tuple[str, int]] = []
        self.is_down = False
        self.asked: list[str] = []

    async def run(self, function, *, after, limit):
        assert function.__name__ == "written_online"
        self.asked.append(after)
        if self.is_down:
            raise Unavailable
        return [each for each in self.online if each[0] > after][:limit]


class Epoch:
    """Which life Redis is in."""

    def __init__(self):
        self.current = "one"

    async def check(self):
        return self.current


class House:
    """A watch over a Redis whose data began as long ago as its clock ran."""

    def __init__(self, clock: Clock | None = None):
        self.redis, self.store, self.streams = Redis(), Store(), Streams()
        self.database, self.epoch, self.clock = Database(), Epoch(), ManualClock()
        self.watch = Watch(
            redis=cast(Any, self.redis),
            store=cast(Any, self.store),
            publisher=cast(Any, self.streams),
            database=cast(Any, self.database),
            epoch=cast(Any, self.epoch),
            clock=clock or self.clock,
        )

    def pass_by(self, seconds):
        self.clock.advance(seconds)
        self.redis.now_ms += round(seconds * 1000)

    async def look(self, *, beat=False):
        await self.watch.look(beat=beat)

    async def look_for(self, seconds):
        """Look every half second, as it does by itself."""
        for _ in range(round(seconds / LOOK_EVERY_S)):
            self.pass_by(LOOK_EVERY_S)
            await self.look()

    def lag(self, seconds):
        """Let the oldest entry that nobody has handled be so old."""
        self.redis.pending = f"{self.redis.now_ms - round(seconds * 1000)}-0".encode()


@pytest.fixture
async def house():
    """A watch that has looked for the first time."""
    house = House()
    await house.look()
    return house


@pytest.fixture
async def clear(house):
    """A watch that has listened for long enough to know what silence means."""
    await house.look_for(LEASE_S)
    house.store.counted.clear()
    return house


def gauge(metric):
    return metric._value.get()


# -- what is due ----------------------------------------------------------------------------------


async def test_silence_does_not_count_before_a_whole_lease_was_listened_to(house):
    await house.look_for(LEASE_S - LOOK_EVERY_S)
    early, shown_early = set(house.store.counted), gauge(IS_CLEAR)
    await house.look_for(LOOK_EVERY_S)

    assert (early, shown_early) == ({False}, 0)
    assert (house.store.counted[-1], gauge(IS_CLEAR)) == (True, 1)


async def test_all_that_is_due_is_done_in_one_look(house):
    told_before = gauge(TOLD_LATE)
    house.store.counted.clear()
    house.store.more, house.store.told = 2, 5

    await house.look()

    assert house.store.counted == [False] * 3
    assert gauge(TOLD_LATE) - told_before == 15


async def test_in_a_new_life_of_redis_silence_says_nothing_at_once(clear):
    clear.epoch.current = "two"

    await clear.look()

    assert clear.store.counted == [False]


async def test_who_could_not_look_for_a_while_has_heard_nothing(clear):
    clear.redis.fails = NoRedis()
    with pytest.raises(NoRedis):
        await clear.look()
    clear.redis.fails = None
    clear.pass_by(6)

    await clear.look()

    assert clear.store.counted == [False]


async def test_a_short_absence_of_redis_changes_nothing(clear):
    clear.redis.fails = NoRedis()
    with pytest.raises(NoRedis):
        await clear.look()
    clear.redis.fails = None
    clear.pass_by(1)

    await clear.look()

    assert clear.store.counted == [True]


# -- behind ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["pending", "unread"])
async def test_nothing_is_told_while_the_stream_says_more_than_was_read(clear, whose):
    clear.lag(MOST_BEHIND_S + 0.5)
    if whose == "unread":
        clear.redis.unread, clear.redis.pending = clear.redis.pending, None

    await clear.look(beat=True)

    assert (clear.store.counted, clear.streams.beats) == ([], [])
    assert gauge(BEHIND) == MOST_BEHIND_S + 0.5


async def test_news_that_are_in_hand_for_a_moment_hold_nothing_up(clear):
    clear.lag(MOST_BEHIND_S)

    await clear.look(beat=True)

    assert clear.store.counted == [True]
    assert len(clear.streams.beats) == 1


async def test_who_was_behind_listens_for_a_whole_lease_again(clear):
    clear.lag(MOST_BEHIND_S + 1)
    await clear.look()
    clear.redis.pending = None

    await clear.look_for(LEASE_S)
    before_it_was_over = clear.store.counted[-1]
    await clear.look_for(LOOK_EVERY_S)

    assert (before_it_was_over, clear.store.counted[-1]) == (False, True)


async def test_a_stream_on_which_nothing_was_ever_told_is_read_to_its_end(house):
    house.redis.has_stream = False

    await house.look()

    assert (gauge(BEHIND), len(house.store.counted)) == (0, 2)


async def test_an_entry_of_the_future_is_not_old(house):
    house.lag(-5)

    await house.look()

    assert gauge(BEHIND) == 0


# -- beats ----------------------------------------------------------------------------------------


async def test_a_beat_stands_behind_what_was_told_and_counts_who_is_there(house):
    await house.look(beat=True)

    assert house.streams.beats == [(PRESENCE_EVENTS, 0, [PresenceBeat()])]
    assert [gauge(PEOPLE_THERE.labels(each)) for each in ("online", "away")] == [3, 2]
    assert gauge(PROCESSES) == 1


async def test_a_look_without_a_beat_tells_nothing_by_itself(house):
    await house.look()

    assert house.streams.beats == []


async def test_what_is_due_is_told_also_where_a_beat_is_not_taken(house):
    house.store.counted.clear()
    house.streams.is_down = True

    with pytest.raises(Unavailable):
        await house.look(beat=True)

    assert house.store.counted == [False]


# -- recall ---------------------------------------------------------------------------------------


async def test_who_is_written_to_be_there_is_recalled_once_when_the_data_are_old_enough(clear):
    clear.database.online = [("ann", NOON_MS - 5), ("bob", NOON_MS - 7)]
    clear.redis.now_ms = NOON_MS + RECALL_AFTER_MS - 1

    await clear.look(beat=True)
    early = list(clear.store.recalled)
    clear.redis.now_ms += 1
    await clear.look(beat=True)
    await clear.look(beat=True)

    assert (early, clear.store.recalled) == ([], [clear.database.online])
    assert clear.redis.values[RECALLED] == NOON_MS


async def test_who_has_not_listened_recalls_nobody(house):
    house.redis.now_ms = NOON_MS + 10 * RECALL_AFTER_MS

    await house.look(beat=True)

    assert house.database.asked == []


async def test_it_is_recalled_with_a_beat_only(clear):
    clear.redis.now_ms = NOON_MS + RECALL_AFTER_MS

    await clear.look()

    assert clear.database.asked == []


@pytest.mark.parametrize("others", [0, 1])
async def test_very_many_are_recalled_in_parts_each_once(clear, others):
    clear.database.online = [(f"{number:05}", NOON_MS) for number in range(2 * PEOPLE + others)]
    clear.redis.now_ms = NOON_MS + RECALL_AFTER_MS

    await clear.look(beat=True)

    assert [each for some in clear.store.recalled for each in some] == clear.database.online
    assert [len(some) for some in clear.store.recalled] == [PEOPLE, PEOPLE, others]


async def test_what_was_not_recalled_for_want_of_the_database_is_recalled_later(clear):
    clear.database.online = [("ann", NOON_MS)]
    clear.redis.now_ms = NOON_MS + RECALL_AFTER_MS
    clear.database.is_down = True
    with pytest.raises(Unavailable):
        await clear.look(beat=True)
    beats = len(clear.streams.beats)

    clear.database.is_down = False
    await clear.look(beat=True)

    assert beats == 1
    assert clear.store.recalled == [[("ann", NOON_MS)]]


async def test_each_life_of_the_data_is_recalled_by_itself(clear):
    clear.redis.now_ms = NOON_MS + RECALL_AFTER_MS
    await clear.look(beat=True)

    clear.redis.values[SINCE] += 1
    clear.redis.now_ms += 1
    await clear.look(beat=True)

    assert len(clear.store.recalled) == 2
    assert clear.redis.values[RECALLED] == NOON_MS + 1


async def test_data_that_have_not_begun_are_not_recalled(clear):
    clear.redis.now_ms = NOON_MS + RECALL_AFTER_MS
    del clear.redis.values[SINCE]

    await clear.look(beat=True)

    assert clear.database.asked == []


# -- for ever -------------------------------------------------------------------------------------


def run_for(seconds, house):
    """Let the watch run by itself, on virtual time."""

    async def wait():
        async with in_background(house.watch.run()):
            await asyncio.sleep(seconds)

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        runner.run(wait())


def test_it_looks_twice_a_second_and_beats_every_five():
    house = House(LoopClock())

    run_for(20.1, house)

    assert len(house.store.counted) == 41
    assert len(house.streams.beats) == 5
    assert BEAT_EVERY_S == 5


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (NoRedis(), "watch_waits"),
        (OSError(), "watch_waits"),
        (Unavailable(), "watch_waits"),
        (ZeroDivisionError(), "watch_bug"),
    ],
)
def test_no_failure_ends_it_and_only_bugs_are_called_so(error, logged):
    house = House(LoopClock())
    fails = [error] * 3
    settle = house.store.settle

    async def failing(*, silence_counts):
        if fails:
            raise fails.pop()
        return await settle(silence_counts=silence_counts)

    house.store.settle = failing  # type: ignore[method-assign]  # a fake

    with capture_logs() as lines:
        run_for(10.1, house)

    assert [line["event"] for line in lines] == [logged] * 3
    assert len(house.store.counted) == 18
    assert len(house.streams.beats) == 2
