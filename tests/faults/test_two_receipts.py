"""Two processes of receipts, of which one is always in trouble: nothing is lost, or told wrongly."""

import asyncio
import contextlib
import signal

import pytest

from dev.manage import manage
from tests.faults.extra_process import ExtraProcess
from tests.faults.flood import Flood, announced, kept
from tests.faults.postgres import outbox_rows, terminate_backends
from tests.faults.streams import refuse_writes
from tests.faults.ticks import all_ticks_are_right, reading
from tests.faults.waiting import until
from tests.integration.receipts.invariants import faults_of

pytestmark = pytest.mark.long(32)

SEED = 11
HANG_S = 3.0
WHILE_S = 1.0


@pytest.fixture
def extra(faulty_suite):
    extra = ExtraProcess(faulty_suite, "receipts").start()
    yield extra
    extra.kill()


@pytest.fixture
def flood(faulty_suite):
    return Flood(faulty_suite.state.redis_url, seed=SEED)


@pytest.fixture
def receipts_url(faulty_suite):
    return faulty_suite.state.database_urls["receipts"]


async def all_is_right(stage, flood, url):
    """Wait until what was claimed is kept, and announced, and hold it against the log."""
    redis_url = stage.suite.state.redis_url
    await until(lambda: kept(url, flood.rooms) == flood.wanted, what="all claims to be kept")
    await until(
        lambda: announced(redis_url, flood.rooms) == flood.wanted, what="all to be announced"
    )
    await until(lambda: outbox_rows(url) == 0, what="an empty outbox")
    assert await asyncio.to_thread(faults_of, url) == []


@pytest.mark.promise(number=5)
async def test_whatever_befalls_two_processes_all_that_was_claimed_is_kept_and_told(
    stage, pair, extra, flood, receipts_url
):
    suite = stage.suite
    async with reading(pair.places):
        async with stage.traffic(*pair.places), flood.running():
            await asyncio.sleep(WHILE_S)
            await asyncio.to_thread(extra.kill)
            await asyncio.sleep(WHILE_S)
            await asyncio.to_thread(extra.start)
            for _ in range(3):
                await asyncio.sleep(WHILE_S / 3)
                await asyncio.to_thread(terminate_backends, receipts_url)
            async with stage.hung("postgres"):
                await asyncio.sleep(HANG_S)
            await asyncio.sleep(WHILE_S)
            async with stage.hung("redis"):
                await asyncio.sleep(WHILE_S)
            await asyncio.to_thread(suite.kill, "receipts")
            await asyncio.sleep(WHILE_S)
            status = await asyncio.to_thread(extra.stop)
        await stage.settle(*pair.listeners, what="two receipts in trouble")
        await all_ticks_are_right(stage, pair.places)

    assert status == 0
    await all_is_right(stage, flood, receipts_url)
    reconciled = await asyncio.to_thread(
        manage, suite.run_dir, extra.service, ["reconcile", pair.room]
    )
    assert reconciled == 0


async def test_what_was_committed_and_not_published_before_a_kill_is_told_afterwards(
    stage, flood, receipts_url
):
    suite = stage.suite
    redis_url = suite.state.redis_url
    async with contextlib.AsyncExitStack() as stack:
        suite.pause("receipts")
        stack.callback(suite.resume, "receipts")
        await flood.write(30)
        refuse_writes(redis_url, refuse=True)
        stack.callback(refuse_writes, redis_url, refuse=False)
        suite.resume("receipts")
        await until(
            lambda: kept(receipts_url, flood.rooms) == flood.wanted, what="all claims to be kept"
        )
        assert announced(redis_url, flood.rooms) == {}
        assert outbox_rows(receipts_url) > 0
        await asyncio.to_thread(suite.stop_service, "receipts", with_signal=signal.SIGKILL)
    await asyncio.to_thread(suite.start_service, "receipts")

    await all_is_right(stage, flood, receipts_url)
