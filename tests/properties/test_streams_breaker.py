"""The breaker against a model of it, under any interleaving of calls, outcomes and time."""

import asyncio
import itertools
from dataclasses import dataclass

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libs.common.breakers import Breaker
from libs.common.clock import ManualClock
from libs.common.errors import Unavailable

FAIL_MAX = 3
RESET_AFTER_S = 10.0
MAX_CONCURRENT = 4
names = (f"model-{number}" for number in itertools.count())


class Down(Exception):
    pass


class Answered(Exception):
    pass


@dataclass(eq=False)
class Call:
    """A call in progress: in which state of the model it began, and how to end it."""

    epoch: int
    gate: "asyncio.Future[None]"
    task: "asyncio.Task[None]"
    is_probe: bool


class BreakerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.breaker = Breaker(
            next(names),
            clock=self.clock,
            timeout_s=60,
            max_concurrent=MAX_CONCURRENT,
            fail_max=FAIL_MAX,
            reset_after_s=RESET_AFTER_S,
            proves_alive=lambda error: isinstance(error, Answered),
        )
        self.calls: list[Call] = []
        self.abandoned: list[Call] = []
        self.state = "closed"
        self.epoch = 0
        self.failures = 0
        self.opened_at_s = 0.0
        self.probing = False

    def become(self, state: str) -> None:
        self.state, self.epoch, self.failures, self.probing = state, self.epoch + 1, 0, False
        if state == "open":
            self.opened_at_s = self.clock.monotonic()

    def would_admit(self) -> bool:
        if len(self.calls) + len(self.abandoned) >= MAX_CONCURRENT:
            return False
        if self.state == "open":
            return self.clock.monotonic() >= self.opened_at_s + RESET_AFTER_S
        return not (self.state == "half-open" and self.probing)

    @rule()
    def begin(self) -> None:
        admitted = self.would_admit()

        call = self.runner.run(self.start_call())

        assert (call is not None) == admitted
        if call is not None:
            if self.state == "open":
                self.become("half-open")
            call.epoch = self.epoch
            call.is_probe = self.state == "half-open"
            self.probing = self.probing or call.is_probe
            self.calls.append(call)

    async def start_call(self) -> Call | None:
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def operation() -> None:
            await gate

        task = asyncio.create_task(self.breaker.call(operation))
        for _ in range(3):
            await asyncio.sleep(0)
        if task.done():
            with pytest.raises(Unavailable):
                task.result()
            return None
        return Call(0, gate, task, is_probe=False)

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), error=st.sampled_from([None, Down(), Answered()]))
    def end(self, data: st.DataObject, error: Exception | None) -> None:
        call = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))

        self.runner.run(self.finish(call, error))

        if call.epoch != self.epoch:
            return
        if self.state == "half-open":
            self.become("open" if isinstance(error, Down) else "closed")
        elif isinstance(error, Down):
            self.failures += 1
            if self.failures == FAIL_MAX:
                self.become("open")
        else:
            self.failures = 0

    async def finish(self, call: Call, error: Exception | None) -> None:
        if error is None:
            call.gate.set_result(None)
            await call.task
        else:
            call.gate.set_exception(error)
            with pytest.raises(type(error)):
                await call.task

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        call = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))

        self.runner.run(self.cancel_caller(call))

        self.abandoned.append(call)
        if call.is_probe and call.epoch == self.epoch:
            self.probing = False

    async def cancel_caller(self, call: Call) -> None:
        call.task.cancel()
        await asyncio.wait({call.task})
        assert call.task.cancelled()

    @precondition(lambda self: self.abandoned)
    @rule()
    def an_abandoned_operation_ends(self) -> None:
        call = self.abandoned.pop()

        self.runner.run(self.let_go(call))

    async def let_go(self, call: Call) -> None:
        call.gate.set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)

    @rule(seconds=st.sampled_from([0.5, 5.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @invariant()
    def the_state_is_the_model_s(self) -> None:
        assert self.breaker.state == self.state

    @invariant()
    def an_open_breaker_says_how_long_to_wait(self) -> None:
        if self.state == "open":
            left_s = self.opened_at_s + RESET_AFTER_S - self.clock.monotonic()
            assert self.breaker.retry_after_s == pytest.approx(max(0.0, left_s))

    def teardown(self) -> None:
        for call in [*self.calls, *self.abandoned]:
            self.runner.run(self.let_go(call))
        self.runner.close()


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=60, stateful_step_count=40)
