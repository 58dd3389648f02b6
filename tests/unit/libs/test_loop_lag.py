import asyncio
import contextlib

from libs.common.clock import ManualClock, SystemClock
from libs.common.loop_lag import AT_LEAST, WINDOW_S, LoopLag
from libs.common.metrics import REGISTRY
from tests.waiting import WITHIN_S


def lags_up_to(seconds: str) -> float:
    """Return how many measurements were at most so long."""
    name = "parley_event_loop_lag_seconds_bucket"
    return REGISTRY.get_sample_value(name, {"le": seconds}) or 0.0


class SlowClock(SystemClock):
    """Pretends that half a second passes between two looks."""

    def __init__(self) -> None:
        self._looks = 0

    def monotonic(self) -> float:
        self._looks += 1
        return self._looks * 0.5


async def test_a_loop_that_was_held_up_shows_its_lag():
    before = lags_up_to("0.25"), lags_up_to("0.5")

    measuring = asyncio.create_task(LoopLag(SlowClock(), every_s=0.001).run())
    async with asyncio.timeout(WITHIN_S):
        while lags_up_to("0.5") == before[1]:
            await asyncio.sleep(0.001)
    measuring.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await measuring

    assert lags_up_to("0.25") == before[0]


def noted(*lags_s: float, apart_s: float = 0.02) -> LoopLag:
    clock = ManualClock()
    lag = LoopLag(clock)
    for each_s in lags_s:
        clock.advance(apart_s)
        lag.note(each_s)
    return lag


def test_one_long_step_is_no_overload():
    lag = noted(0.0, 0.0, 3.0, 0.001, 0.0)

    assert lag.standing_s == 0.0


def test_a_loop_that_is_always_late_is_as_late_as_it_was_at_best():
    lag = noted(0.7, 0.4, 0.9, 0.5)

    assert lag.standing_s == 0.4


def test_what_is_long_ago_does_not_count():
    lag = noted(0.0, *[0.4] * AT_LEAST, apart_s=WINDOW_S)

    assert lag.standing_s == 0.4


def test_of_a_loop_that_has_just_begun_nothing_is_known():
    lag = noted(*[0.9] * (AT_LEAST - 1))

    assert lag.standing_s == 0.0


async def test_who_looks_as_often_is_called_after_a_measurement():
    measured = asyncio.Event()

    measuring = asyncio.create_task(LoopLag(SystemClock(), every_s=0.001, then=measured.set).run())

    async with asyncio.timeout(WITHIN_S):
        await measured.wait()
    measuring.cancel()
