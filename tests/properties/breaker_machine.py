"""A breaker among callers that begin, end, hang and leave in any order, beside a model of it.

Time is the loop's own: a timeout is exact, and takes no time.
"""

import asyncio
import itertools
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libs.common.breakers import Breaker
from libs.common.errors import Timeout, Unavailable
from tests.properties.quick_time import LoopClock, QuickLoop

FAIL_MAX = 3
RESET_AFTER_S = 10.0
TIMEOUT_S = 8.0
PLACES = 4
names = (f"model-{number}" for number in itertools.count())


class Down(Exception):
    """The dependency failed."""


class Answered(Exception):
    """The dependency refused something, and is well."""


@dataclass(eq=False)
class Call:
    """A call that was let in: when it began by the model, and how it can be ended."""

    gate: "asyncio.Future[None]"
    task: "asyncio.Task[None]"
    deadline_s: float | None
    era: int = 0
    is_probe: bool = False


class Model:
    """What is promised, in as few words as possible. An era is a stay in one state."""

    def __init__(self) -> None:
        self.state = "closed"
        self.era = 0
        self.in_a_row = 0
        self.opened_at_s = 0.0
        self.is_probed = False
        self.taken = 0
        self.begun = 0

    def lets_in(self, now_s: float) -> bool:
        if self.taken == PLACES:
            return False
        if self.state == "open":
            return now_s >= self.opened_at_s + RESET_AFTER_S
        return not self.is_probed

    def begin(self, call: Call) -> None:
        self.taken += 1
        self.begun += 1
        if self.state == "open":
            self._become("half-open")
        call.era = self.era
        call.is_probe = self.is_probed = self.state == "half-open"

    def judge(self, call: Call, *, failed: bool, now_s: float) -> None:
        """Learn from an outcome; one from another era says nothing."""
        if call.era != self.era:
            return
        self.in_a_row = self.in_a_row + 1 if failed else 0
        if failed and (call.is_probe or self.in_a_row == FAIL_MAX):
            self._become("open")
            self.opened_at_s = now_s
        elif call.is_probe:
            self._become("closed")

    def forget(self, call: Call) -> None:
        """Learn that a call will never have an outcome."""
        if call.era == self.era:
            self.is_probed = False

    def _become(self, state: str) -> None:
        self.state, self.era, self.in_a_row, self.is_probed = state, self.era + 1, 0, False


class BreakerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=QuickLoop)
        self.loop = self.runner.get_loop()
        self.breaker = Breaker(
            next(names),
            clock=LoopClock(self.loop),
            timeout_s=TIMEOUT_S,
            max_concurrent=PLACES,
            fail_max=FAIL_MAX,
            reset_after_s=RESET_AFTER_S,
            proves_alive=lambda error: isinstance(error, Answered),
        )
        self.model = Model()
        self.waiting: list[Call] = []
        self.abandoned: list[Call] = []
        self.reached = 0

    # What callers do --------------------------------------------------------------------------

    @rule(
        guarded=st.booleans(), within_s=st.sampled_from([None, 2.0, 12.0]), count=st.integers(1, 6)
    )
    def begin(self, *, guarded: bool, within_s: float | None, count: int) -> None:
        for call in self.runner.run(self._begin(guarded, within_s, count)):
            if self.model.lets_in(self.loop.time()):
                self.model.begin(call)
                self.waiting.append(call)
            else:
                with pytest.raises(Unavailable) as refused:
                    call.task.result()
                assert 0 < (refused.value.retry_after_s or 0) <= RESET_AFTER_S

    async def _begin(self, guarded: bool, within_s: float | None, count: int) -> Sequence[Call]:
        calls = []
        for _ in range(count):
            gate: asyncio.Future[None] = self.loop.create_future()
            work = self._guard(gate) if guarded else self._call(gate, within_s)
            deadline_s = None if guarded else self.loop.time() + (within_s or TIMEOUT_S)
            calls.append(Call(gate, self.loop.create_task(work), deadline_s))
        await settled()
        return calls

    def _call(
        self, gate: "asyncio.Future[None]", within_s: float | None
    ) -> Coroutine[None, None, None]:
        async def operation() -> None:
            self.reached += 1
            await gate

        return self.breaker.call(operation, timeout_s=within_s)

    async def _guard(self, gate: "asyncio.Future[None]") -> None:
        with self.breaker.guard():
            self.reached += 1
            await gate

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        call = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))

        call.task.cancel()
        self.runner.run(settled())

        assert call.task.cancelled()
        self.model.forget(call)
        self._leave(call)

    def _leave(self, call: Call) -> None:
        """Take a call from those that are waited for; only a guarded one ends with its caller."""
        if call.deadline_s is None:
            self.model.taken -= 1
        else:
            self.abandoned.append(call)

    # What the dependency does -----------------------------------------------------------------

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), error=st.sampled_from([None, Down(), Answered()]))
    def end(self, data: st.DataObject, error: Exception | None) -> None:
        call = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))

        self.runner.run(answered(call, error))

        assert call.task.exception() is error
        self.model.taken -= 1
        self.model.judge(call, failed=isinstance(error, Down), now_s=self.loop.time())

    @precondition(lambda self: self.abandoned)
    @rule(data=st.data(), error=st.sampled_from([None, Down(), Answered()]))
    def end_of_what_nobody_waits_for(self, data: st.DataObject, error: Exception | None) -> None:
        call = self.abandoned.pop(data.draw(st.integers(0, len(self.abandoned) - 1)))

        self.runner.run(answered(call, error))

        self.model.taken -= 1

    # Time -------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, 4.0, 8.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.runner.run(settled(seconds))

        late = [call for call in self.waiting if (call.deadline_s or 1e9) <= self.loop.time()]
        for call in sorted(late, key=lambda call: call.deadline_s or 0.0):
            self.waiting.remove(call)
            with pytest.raises(Timeout):
                call.task.result()
            self.model.judge(call, failed=True, now_s=call.deadline_s or 0.0)
            self._leave(call)

    # What always holds ------------------------------------------------------------------------

    @invariant()
    def the_states_agree(self) -> None:
        assert self.breaker.state == self.model.state
        assert self.breaker.running == self.model.taken

    @invariant()
    def only_those_who_were_let_in_reach_the_dependency(self) -> None:
        assert all(not call.task.done() for call in self.waiting)
        assert self.reached == self.model.begun

    @invariant()
    def at_most_one_probes(self) -> None:
        probes = [call for call in self.waiting if call.is_probe and call.era == self.model.era]
        assert len(probes) <= 1
        assert bool(probes) == self.model.is_probed

    @invariant()
    def an_open_breaker_says_how_long_to_wait(self) -> None:
        if self.model.state == "open":
            left_s = self.model.opened_at_s + RESET_AFTER_S - self.loop.time()
            assert self.breaker.retry_after_s == max(0.0, left_s)

    def teardown(self) -> None:
        for call in [*self.waiting, *self.abandoned]:
            self.runner.run(answered(call, None))
        self.runner.close()


async def answered(call: Call, error: Exception | None) -> None:
    """Let the dependency answer a call."""
    if error is None:
        call.gate.set_result(None)
    else:
        call.gate.set_exception(error)
    await settled()


async def settled(seconds: float = 0.0) -> None:
    """Let time pass, and everybody do what they can at its end."""
    await asyncio.sleep(seconds)
    for _ in range(6):
        await asyncio.sleep(0)
