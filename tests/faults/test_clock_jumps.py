"""The wall clock jumps under traffic, forwards and back: nobody is gone, and nothing is lost."""

from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from dev.harness import RunningSuite
from libs.common.clock import SystemClock
from tests.faults.conftest import ENVIRONMENT
from tests.faults.rig.detour import ONLY_HERE
from tests.faults.waiting import until
from tests.faults.watcher import passed, watch
from tests.waiting import WITHIN_S

pytestmark = [pytest.mark.long(70), pytest.mark.own_suite("its clock is not everybody's")]

LIBRARIES = "usr/lib/*/faketime/libfaketime.so.1"
JUMPS_S = (90, -90, 3600, 0)
"""From the machine's own time; the last one is back at it."""
NEARLY_S = 20.0
GRACE_S = 6.0
"""Longer than it takes to say of somebody that they are gone."""


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """A file that says how far the services' clock is off."""
    file = tmp_path_factory.mktemp("clock") / "offset"
    file.write_text("+0s")
    return file


@pytest.fixture(scope="module")
def faulty_suite(clock, tmp_path_factory):
    """A suite whose services see another time than PostgreSQL and Redis."""
    library = next(Path("/").glob(LIBRARIES), None)
    if library is None:
        pytest.skip("NOT TESTED: jumps of the clock. There is no libfaketime on this machine.")
    strange = {
        f"{ONLY_HERE}LD_PRELOAD": str(library),
        f"{ONLY_HERE}FAKETIME_TIMESTAMP_FILE": str(clock),
        f"{ONLY_HERE}FAKETIME_CACHE_DURATION": "1",
        f"{ONLY_HERE}FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    running = RunningSuite.start(
        tmp_path_factory.mktemp("jumping") / "run",
        chat_processes=2,
        env={**ENVIRONMENT, **strange},
        module="tests.faults.rig.suite",
    )
    yield running
    assert running.stop() == 0, running.log


def is_off_by(url: str, jump_s: float) -> bool:
    """Tell whether a process takes another time for the present one, by so much."""
    told = parsedate_to_datetime(httpx.get(f"{url}/healthz", timeout=WITHIN_S).headers["Date"])
    return abs((told - SystemClock().now()).total_seconds() - jump_s) < NEARLY_S


async def test_jumps_of_the_clock_are_hardly_noticed(stage, pair, clock):
    watcher = await watch(stage, pair.bob)
    await watcher.until(pair.ann.user_id, "online")
    sessions = pair.ann.welcome.session, pair.bob.welcome.session

    async with stage.traffic(*pair.places):
        await stage.acks(30)
        for jump_s in JUMPS_S:
            clock.write_text(f"{jump_s:+d}s")
            for url in stage.urls:
                await until(partial(is_off_by, url, jump_s), what=f"a jump of {jump_s} s")
            await passed(GRACE_S)
            await stage.acks(30)

    assert set(watcher.statuses[pair.ann.user_id]) == {"online"}
    assert (pair.ann.welcome.session, pair.bob.welcome.session) == sessions
    await stage.settle(*pair.listeners, what="jumps of the clock")
