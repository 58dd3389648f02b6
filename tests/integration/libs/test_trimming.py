import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from libs.common.clock import SystemClock
from libs.common.errors import Unavailable
from libs.common.streams.entries import Entry, StreamId, read_entries
from libs.common.streams.group import GroupLoop
from libs.common.streams.group_options import GroupOptions
from libs.common.streams.names import StreamPolicy, cut_off_key
from libs.common.streams.trimming import Limits, Trimmer
from tests.integration.waiting import WITHIN_S

KEY = "chat.rooms:{0}"
LIMITS = Limits(keep_ms=60_000, hard_ms=600_000, max_entries=1_000_000)
POLICY = StreamPolicy("chat.rooms", groups=frozenset({"queue", "receipts"}))
NODE = 100
"""Entries that Redis keeps in one node: trimming with "~" removes whole nodes."""


@pytest.fixture
async def now_ms(redis: Redis) -> int:
    seconds, _ = await redis.time()
    return int(seconds) * 1000


@pytest.fixture
def write(redis, now_ms):
    async def write_at(age_ms: int, count: int = NODE) -> list[StreamId]:
        ids = [StreamId(now_ms - age_ms, number) for number in range(1, count + 1)]
        pipeline = redis.pipeline(transaction=False)
        for entry_id in ids:
            pipeline.xadd(KEY, {"e": b"[]"}, id=str(entry_id))
        await pipeline.execute()
        return ids

    return write_at


@pytest.fixture
def read_all(redis):
    async def read(group: str, *, acknowledge: bool) -> None:
        await redis.xgroup_create(KEY, group, id="0", mkstream=True)
        reply = await redis.xreadgroup(group, "one", {KEY: ">"})
        if acknowledge and reply:
            await redis.xack(KEY, group, *(entry_id for entry_id, _ in reply[0][1]))

    return read


async def kept(redis: Redis) -> list[StreamId]:
    return [entry.id for entry in read_entries(await redis.xrange(KEY))]


async def test_what_all_have_acknowledged_goes_once_it_is_old_enough(redis, write, read_all):
    await write(300_000)
    young = await write(30_000)
    for group in POLICY.groups:
        await read_all(group, acknowledge=True)

    cut_off = await Trimmer(redis, [POLICY], limits=LIMITS).trim_all()

    assert await kept(redis) == young
    assert cut_off == {}


async def test_what_one_group_has_not_acknowledged_stays(redis, write, read_all):
    entries = await write(300_000)
    await read_all("queue", acknowledge=True)
    await read_all("receipts", acknowledge=False)

    await Trimmer(redis, [POLICY], limits=LIMITS).trim_all()

    assert await kept(redis) == entries


async def test_what_a_group_has_not_read_stays(redis, write, read_all):
    await read_all("receipts", acknowledge=True)
    entries = await write(300_000)
    await read_all("queue", acknowledge=True)

    await Trimmer(redis, [POLICY], limits=LIMITS).trim_all()

    assert await kept(redis) == entries


async def test_a_group_that_does_not_exist_yet_keeps_everything_up_to_the_hard_limit(
    redis, write, read_all
):
    await write(700_000)
    entries = await write(300_000)
    await read_all("queue", acknowledge=True)

    cut_off = await Trimmer(redis, [POLICY], limits=LIMITS).trim_all()

    assert await kept(redis) == entries
    assert cut_off == {}


@pytest.mark.promise(number=7)
async def test_beyond_the_hard_limit_a_group_is_cut_off_and_told_once(redis, write, read_all):
    await write(700_000)
    entries = await write(300_000)
    await read_all("queue", acknowledge=True)
    await read_all("receipts", acknowledge=False)
    trimmer = Trimmer(redis, [POLICY], limits=LIMITS)

    first, second = await trimmer.trim_all(), await trimmer.trim_all()

    assert await kept(redis) == entries
    assert first == {KEY: ["receipts"]}
    assert second == {}
    assert await redis.hkeys(cut_off_key(KEY)) == [b"receipts"]


async def test_too_many_entries_are_cut_whoever_lacks_them(redis, write, read_all):
    await write(1_000, count=20 * NODE)
    await read_all("receipts", acknowledge=False)

    cut_off = await Trimmer(
        redis, [POLICY], limits=replace(LIMITS, max_entries=5 * NODE)
    ).trim_all()

    assert len(await kept(redis)) == 5 * NODE
    assert cut_off == {KEY: ["receipts"]}


async def test_a_group_hears_that_it_was_cut_off(redis, blocking, write, read_all, eventually):
    await write(700_000)
    await read_all("receipts", acknowledge=False)
    await Trimmer(redis, [POLICY], limits=LIMITS).trim_all()
    told: list[str] = []

    async def handler(_entries: Sequence[Entry]) -> None:
        return

    loop = GroupLoop(
        blocking,
        KEY,
        "receipts",
        handler,
        consumer="two",
        clock=SystemClock(),
        on_cut_off=told.append,
        options=GroupOptions(block_ms=50, upkeep_every_s=0.05),
    )
    loop.start()

    await eventually(lambda: told)
    await loop.stop()

    assert told == ["trimmed before its end"]
    assert not await redis.exists(cut_off_key(KEY))


async def test_the_writer_hears_once_that_a_reader_was_cut_off_and_again_until_it_has_taken_it(
    redis, write, read_all, eventually
):
    await write(700_000)
    await read_all("receipts", acknowledge=False)
    told: list[str] = []

    async def on_cut_off(key: str) -> None:
        told.append(key)
        if len(told) == 1:
            raise Unavailable

    trimmer = Trimmer(redis, [POLICY], limits=LIMITS, on_cut_off=on_cut_off)
    running = asyncio.create_task(trimmer.run(every_s=0.01))
    await eventually(lambda: len(told) > 1)
    await write(650_000)
    while await kept(redis):
        await asyncio.sleep(0.01)
    trimmer.stop()
    await running

    assert told == [KEY, KEY]


async def test_a_stream_without_groups_keeps_its_newest_entries(redis, write):
    entries = await write(300_000, count=10 * NODE)

    await Trimmer(redis, [StreamPolicy("chat.rooms", max_len=2 * NODE)]).trim_all()

    assert await kept(redis) == entries[-2 * NODE :]


async def test_a_stream_that_does_not_exist_is_no_trouble(redis):
    assert await Trimmer(redis, [POLICY, StreamPolicy("chat.typing")]).trim_all() == {}


async def test_the_trimmer_goes_on_after_redis_was_away(server, redis, write, read_all):
    await write(300_000)
    for group in POLICY.groups:
        await read_all(group, acknowledge=True)
    server.kill()
    trimmer = Trimmer(redis, [POLICY], limits=LIMITS)
    running = asyncio.create_task(trimmer.run(every_s=0.02))

    server.start()
    await server.wait_up()

    async with asyncio.timeout(WITHIN_S):
        while await redis.xlen(KEY):
            await asyncio.sleep(0.01)
    trimmer.stop()
    await running
