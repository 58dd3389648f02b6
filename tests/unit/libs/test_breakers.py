import asyncio
import contextlib

import pytest

from libs.common.breakers import Breaker
from libs.common.clock import ManualClock
from libs.common.errors import Timeout, Unavailable
from libs.common.metrics import REGISTRY


class Down(Exception):
    pass


class Refused(Exception):
    """An answer of the dependency."""


async def works() -> str:
    return "well"


async def fails() -> str:
    raise Down


async def refuses() -> str:
    raise Refused


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def breaker(clock: ManualClock, request: pytest.FixtureRequest) -> Breaker:
    return Breaker(
        request.node.name,
        clock=clock,
        timeout_s=0.02,
        max_concurrent=3,
        fail_max=2,
        reset_after_s=10,
        proves_alive=lambda error: isinstance(error, Refused),
    )


async def trip(breaker: Breaker) -> None:
    while breaker.state != "open":
        with pytest.raises(Down):
            await breaker.call(fails)


class Gate:
    """An operation that ends when it is told to, and how it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.entered = asyncio.Event()
        self.leave = asyncio.Event()
        self.ended = asyncio.Event()
        self.error = error

    async def __call__(self) -> None:
        self.entered.set()
        await self.leave.wait()
        self.ended.set()
        if self.error is not None:
            raise self.error


async def test_a_result_and_an_error_pass_through(breaker):
    assert await breaker.call(works) == "well"

    with pytest.raises(Down):
        await breaker.call(fails)


async def test_consecutive_failures_open_it_and_then_nothing_is_called(breaker, clock):
    await trip(breaker)
    clock.advance(4)

    with pytest.raises(Unavailable) as caught:
        await breaker.call(works)

    assert caught.value.retry_after_s == pytest.approx(6)


async def test_a_success_between_failures_starts_the_count_again(breaker):
    for operation in (fails, works, fails):
        with contextlib.suppress(Down):
            await breaker.call(operation)

    assert breaker.state == "closed"


async def test_an_answer_that_proves_life_is_no_failure(breaker):
    for _ in range(10):
        with pytest.raises(Refused):
            await breaker.call(refuses)

    assert breaker.state == "closed"


async def test_a_probe_that_works_closes_it(breaker, clock):
    await trip(breaker)
    clock.advance(10)

    await breaker.call(works)

    assert breaker.state == "closed"


async def test_a_probe_that_fails_opens_it_for_the_whole_time_again(breaker, clock):
    await trip(breaker)
    clock.advance(10)

    with pytest.raises(Down):
        await breaker.call(fails)

    assert breaker.state == "open"
    assert breaker.retry_after_s == pytest.approx(10)


async def test_only_one_caller_probes(clock):
    breaker = Breaker("one-probe", clock=clock, fail_max=1, reset_after_s=10)
    await trip(breaker)
    clock.advance(10)
    gate = Gate()
    probe = asyncio.create_task(breaker.call(gate))
    await gate.entered.wait()

    with pytest.raises(Unavailable):
        await breaker.call(works)
    gate.leave.set()
    await probe

    assert breaker.state == "closed"


async def test_a_timeout_is_a_failure_and_does_not_cancel_the_operation(breaker):
    gate = Gate()

    with pytest.raises(Timeout):
        await breaker.call(gate)
    with pytest.raises(Timeout):
        await breaker.call(gate)

    assert breaker.state == "open"
    gate.leave.set()
    await gate.ended.wait()


async def test_abandoned_calls_keep_their_places_until_they_end(clock):
    breaker = Breaker("places", clock=clock, timeout_s=0.01, max_concurrent=2, fail_max=100)
    gate = Gate()
    for _ in range(2):
        with pytest.raises(Timeout):
            await breaker.call(gate)

    with pytest.raises(Unavailable):
        await breaker.call(works)
    gate.leave.set()
    await gate.ended.wait()
    await asyncio.sleep(0)

    assert await breaker.call(works) == "well"


async def test_an_outcome_from_before_the_transition_says_nothing(clock):
    breaker = Breaker("old-news", clock=clock, fail_max=1, reset_after_s=10)
    early = Gate(error=Down())
    late = asyncio.create_task(breaker.call(early))
    await early.entered.wait()
    await trip(breaker)
    clock.advance(10)
    await breaker.call(works)

    early.leave.set()
    with pytest.raises(Down):
        await late

    assert breaker.state == "closed"


async def test_an_old_success_does_not_close_an_open_breaker(clock):
    breaker = Breaker("old-success", clock=clock, fail_max=1, reset_after_s=10)
    early = Gate()
    late = asyncio.create_task(breaker.call(early))
    await early.entered.wait()
    await trip(breaker)

    early.leave.set()
    await late

    assert breaker.state == "open"


async def test_a_cancelled_probe_frees_its_place_and_decides_nothing(clock):
    breaker = Breaker("cancelled-probe", clock=clock, fail_max=1, reset_after_s=10)
    await trip(breaker)
    clock.advance(10)
    gate = Gate()
    probe = asyncio.create_task(breaker.call(gate))
    await gate.entered.wait()

    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe

    assert breaker.state == "half-open"
    assert await breaker.call(works) == "well"
    gate.leave.set()
    await gate.ended.wait()


async def test_cancelled_callers_count_neither_way(breaker):
    with pytest.raises(Down):
        await breaker.call(fails)
    gate = Gate()
    caller = asyncio.create_task(breaker.call(gate))
    await gate.entered.wait()

    caller.cancel()
    await asyncio.wait({caller})
    assert breaker.state == "closed"
    with pytest.raises(Down):
        await breaker.call(fails)

    assert breaker.state == "open"  # the cancellation between did not start the count again
    gate.leave.set()
    await gate.ended.wait()


async def test_a_guarded_block_is_a_call(breaker, clock):
    for error in (Down, Refused, Down, Down):
        with pytest.raises(error), breaker.guard():
            raise error
    with pytest.raises(Unavailable) as refused, breaker.guard():
        pytest.fail("it is open")
    clock.advance(10)

    with breaker.guard():
        running = breaker.running

    assert refused.value.retry_after_s == 10
    assert (running, breaker.running) == (1, 0)
    assert breaker.state == "closed"


async def test_a_guarded_block_that_is_cancelled_decides_nothing(breaker, clock):
    await trip(breaker)
    clock.advance(10)

    with pytest.raises(asyncio.CancelledError), breaker.guard():
        raise asyncio.CancelledError

    assert (breaker.state, breaker.running, breaker.retry_after_s) == ("half-open", 0, 0)


async def test_its_last_transitions_are_remembered_with_their_times(breaker, clock):
    await trip(breaker)
    clock.advance(10)
    await breaker.call(works)

    assert [each.to for each in breaker.transitions] == ["open", "half-open", "closed"]
    assert [each.at for each in breaker.transitions][1:] == [clock.now()] * 2


async def test_states_and_outcomes_stand_in_the_metrics(clock):
    breaker = Breaker("measured", clock=clock, fail_max=1)

    await breaker.call(works)
    await trip(breaker)
    with pytest.raises(Unavailable):
        await breaker.call(works)

    def value(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(f"parley_breaker_{name}", {"breaker": "measured"} | labels)

    assert value("state") == 2
    assert value("transitions_total", to="open") == 1
    assert [
        value("calls_total", outcome=outcome) for outcome in ("success", "failure", "refused")
    ] == [1, 1, 1]


async def test_what_a_caller_waited_is_measured_whatever_came_of_it(breaker, clock):
    async def fails_late() -> str:
        clock.advance(0.5)
        raise Down

    with pytest.raises(Down):
        await breaker.call(fails_late)
    with breaker.guard():
        clock.advance(0.25)

    labels = {"breaker": breaker.name}
    assert REGISTRY.get_sample_value("parley_breaker_call_seconds_count", labels) == 2
    assert REGISTRY.get_sample_value("parley_breaker_call_seconds_sum", labels) == 0.75
