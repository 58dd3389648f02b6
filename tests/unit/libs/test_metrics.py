import asyncio
import contextlib

import pytest
from prometheus_client.parser import text_string_to_metric_families

from libs.common import metrics
from libs.common.clock import SystemClock


def test_what_the_registry_shows_can_be_parsed():
    shown = metrics.render().decode()

    names = {family.name for family in text_string_to_metric_families(shown)}

    assert "parley_event_loop_lag_seconds" in names
    assert "process_cpu_seconds" in names


def test_a_name_can_be_declared_once_only():
    metrics.counter("parley_declared_once", "A test.")

    with pytest.raises(ValueError, match="Duplicated"):
        metrics.counter("parley_declared_once", "A test.")


def lags_up_to(seconds: str) -> float:
    """Return how many measurements were at most so long."""
    name = "parley_event_loop_lag_seconds_bucket"
    return metrics.REGISTRY.get_sample_value(name, {"le": seconds}) or 0.0


async def test_a_loop_that_was_held_up_shows_its_lag():
    class SlowClock(SystemClock):
        """Pretends that half a second passes between two looks."""

        def __init__(self) -> None:
            self._looks = 0

        def monotonic(self) -> float:
            self._looks += 1
            return self._looks * 0.5

    before = lags_up_to("0.25"), lags_up_to("0.5")

    watching = asyncio.create_task(metrics.watch_loop_lag(SlowClock(), every_s=0.001))
    async with asyncio.timeout(5):
        while lags_up_to("0.5") == before[1]:
            await asyncio.sleep(0.001)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching

    assert lags_up_to("0.25") == before[0]
