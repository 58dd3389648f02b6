"""A circuit breaker for asyncio around pybreaker's states, counters and listeners.

pybreaker's own ``call`` would hold its lock during the call, let everybody into half-open and
measure by the wall clock; so the call runs outside it, and only the outcome is told to it.

A call that takes too long is left alone, never cancelled (a Redis connection or a thread would not
survive it, or not notice); it keeps its place among the concurrent calls until it ends. The
operation must therefore end by itself some time: give it socket timeouts.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NoReturn, TypeVar, cast

import pybreaker
import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.errors import Timeout, Unavailable

T = TypeVar("T")
State = Literal["closed", "open", "half-open"]

STATE = metrics.gauge("parley_breaker_state", "0 closed, 1 half-open, 2 open.", ["breaker"])
TRANSITIONS = metrics.counter(
    "parley_breaker_transitions", "Changes of a breaker's state.", ["breaker", "to"]
)
CALLS = metrics.counter(
    "parley_breaker_calls",
    "Calls by outcome: success, failure, timeout, answered (an error that proves life), "
    "cancelled, refused.",
    ["breaker", "outcome"],
)

_LEVELS: dict[str, int] = {"closed": 0, "half-open": 1, "open": 2}
_PROBE_WAIT_S = 0.1
"""What a caller is told to wait while somebody else tries whether the dependency is back."""

log = structlog.get_logger(__name__)


def _nothing_proves_life(_error: Exception) -> bool:
    return False


class Breaker:
    """Calls one dependency, and stops calling it while it is down.

    Consecutive failures open it; after ``reset_after_s`` one caller at a time may probe, and the
    probe's outcome closes it or opens it again. Belongs to one event loop; not thread-safe.

    Args:
        name: the dependency, as it stands in metrics and log lines.
        clock: measures ``reset_after_s``; only its monotonic side is used.
        timeout_s: how long a caller waits for one call.
        max_concurrent: calls that may run at once, abandoned ones included.
        fail_max: consecutive failures that open the breaker.
        reset_after_s: how long it stays open before somebody may probe.
        proves_alive: tells which errors are the dependency's own answer (a constraint was
            violated, a key has another type) and count as success.
    """

    def __init__(  # noqa: PLR0913  # the knobs of a breaker; all but the first by keyword
        self,
        name: str,
        *,
        clock: Clock,
        timeout_s: float = 1.0,
        max_concurrent: int = 64,
        fail_max: int = 5,
        reset_after_s: float = 1.0,
        proves_alive: Callable[[Exception], bool] = _nothing_proves_life,
    ) -> None:
        self.name = name
        self._clock = clock
        self._timeout_s = timeout_s
        self._max_concurrent = max_concurrent
        self._reset_after_s = reset_after_s
        self._proves_alive = proves_alive
        self._running: set[asyncio.Future[Any]] = set()
        self._generation = 0
        self._probe: int | None = None
        self._opened_at_s = 0.0
        self._machine = pybreaker.CircuitBreaker(
            fail_max=fail_max,
            listeners=[_Listener(self._changed)],
            name=name,
            throw_new_error_on_trip=False,
        )
        STATE.labels(name).set(0)

    @property
    def state(self) -> State:
        """The state; "open" may already be due for a probe, see ``retry_after_s``."""
        return cast(State, self._machine.current_state)

    @property
    def retry_after_s(self) -> float:
        """Seconds until a call makes sense: 0.0 while closed, or when a probe may start."""
        if self.state == pybreaker.STATE_OPEN:
            return max(0.0, self._opened_at_s + self._reset_after_s - self._clock.monotonic())
        return _PROBE_WAIT_S if self._probe is not None else 0.0

    async def call(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Run the operation, and learn from its outcome.

        Cancelling the caller neither cancels the operation nor counts as an outcome.

        Raises:
            Unavailable: the operation was not started; ``retry_after_s`` says when it may be.
            Timeout: no outcome within ``timeout_s``; the operation goes on unattended.
            Exception: whatever the operation raised.
        """
        generation = self._admit()
        task = asyncio.ensure_future(operation())
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._timeout_s)
        except asyncio.CancelledError:
            self._forget(generation)
            raise
        if not done:
            self._failed(generation, outcome="timeout")
            raise Timeout(f"{self.name} did not answer within {self._timeout_s} s.")
        return self._learn(task, generation)

    def _admit(self) -> int:
        """Let a call begin; return the generation of the state in which it began."""
        if len(self._running) >= self._max_concurrent:
            self._refuse(_PROBE_WAIT_S)
        if self.state == pybreaker.STATE_OPEN:
            if (wait_s := self.retry_after_s) > 0:
                self._refuse(wait_s)
            self._machine.half_open()
        if self.state == pybreaker.STATE_HALF_OPEN:
            if self._probe is not None:
                self._refuse(_PROBE_WAIT_S)
            self._probe = self._generation
        return self._generation

    def _refuse(self, retry_after_s: float) -> NoReturn:
        CALLS.labels(self.name, "refused").inc()
        raise Unavailable(f"{self.name} is not available.", retry_after_s=retry_after_s)

    def _learn(self, task: asyncio.Future[T], generation: int) -> T:
        if task.cancelled():
            self._forget(generation)
            return task.result()
        error = task.exception()
        if error is None or not isinstance(error, Exception):
            self._succeeded(generation, outcome="success")
        elif self._proves_alive(error):
            self._succeeded(generation, outcome="answered")
        else:
            self._failed(generation, outcome="failure")
        return task.result()

    def _succeeded(self, generation: int, *, outcome: str) -> None:
        CALLS.labels(self.name, outcome).inc()
        if self._is_current(generation):
            self._machine.call(_succeed)

    def _failed(self, generation: int, *, outcome: str) -> None:
        CALLS.labels(self.name, outcome).inc()
        if self._is_current(generation):
            with contextlib.suppress(_CallFailed):
                self._machine.call(_fail)

    def _forget(self, generation: int) -> None:
        CALLS.labels(self.name, "cancelled").inc()
        self._is_current(generation)

    def _is_current(self, generation: int) -> bool:
        """Free the probe's place if it was ours; tell whether our outcome still says anything."""
        if self._probe == generation:
            self._probe = None
        return generation == self._generation

    def _ended(self, task: asyncio.Future[T]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved: an abandoned call's error is no news

    def _changed(self, state: str) -> None:
        self._generation += 1
        self._probe = None
        if state == pybreaker.STATE_OPEN:
            self._opened_at_s = self._clock.monotonic()
        STATE.labels(self.name).set(_LEVELS[state])
        TRANSITIONS.labels(self.name, state).inc()
        log.warning("breaker_changed", breaker=self.name, state=state)


class _CallFailed(Exception):
    """What pybreaker is told; the real error keeps its own traceback."""


class _Listener(pybreaker.CircuitBreakerListener):
    """Tells the wrapper about transitions."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        """Pass on the new state's name."""
        del cb, old_state
        self._changed(new_state.name)


def _succeed() -> None:
    """Stand for a call that went well."""


def _fail() -> NoReturn:
    """Stand for a call that failed."""
    raise _CallFailed
