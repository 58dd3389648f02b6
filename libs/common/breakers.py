"""A circuit breaker for asyncio around pybreaker's states, counters and listeners.

pybreaker's own ``call`` would hold its lock during the call, let everybody into half-open and
measure by the wall clock; so the call runs outside it, and only the outcome is told to it.

There are two ways through it. ``call`` bounds the time: what takes too long is left alone, never
cancelled (a Redis connection or a thread would not survive it, or not notice), and keeps its place
among the concurrent calls until it ends; so it must end by itself some time. ``guard`` surrounds
what bounds its own time, and may be cancelled.
"""

import asyncio
import contextlib
import datetime as dt
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeVar, cast

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

OUTCOMES = ("success", "failure", "timeout", "answered", "cancelled", "refused")
CALL_SECONDS = metrics.histogram(
    "parley_breaker_call_seconds",
    "How long callers of a dependency waited for an outcome, or until they gave up.",
    ["breaker"],
)

_LEVELS: dict[str, int] = {"closed": 0, "half-open": 1, "open": 2}
_PROBE_WAIT_S = 0.1
"""What a caller is told to wait while somebody else tries whether the dependency is back."""
REMEMBERED = 20
"""Transitions that a breaker remembers, for people who look at it."""

log = structlog.get_logger(__name__)


def _nothing_proves_life(_error: Exception) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a breaker's state."""

    at: dt.datetime
    to: State


class Breaker:
    """Calls one dependency, and stops calling it while it is down.

    Consecutive failures open it; after ``reset_after_s`` one caller at a time may probe, and the
    probe's outcome closes it or opens it again. Belongs to one event loop; not thread-safe.

    Args:
        name: the dependency, as it stands in metrics and log lines.
        clock: its monotonic side measures ``reset_after_s``, the other dates transitions.
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
        self._running = 0
        self._generation = 0
        self._transitions: deque[Transition] = deque(maxlen=REMEMBERED)
        self._probe: int | None = None
        self._opened_at_s = 0.0
        self._machine = pybreaker.CircuitBreaker(
            fail_max=fail_max,
            listeners=[_Listener(self._changed)],
            name=name,
            throw_new_error_on_trip=False,
        )
        self._seconds = CALL_SECONDS.labels(name)
        self._calls = {outcome: CALLS.labels(name, outcome) for outcome in OUTCOMES}
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

    @property
    def running(self) -> int:
        """Calls that have not ended, those that nobody waits for any more included."""
        return self._running

    @property
    def transitions(self) -> Sequence[Transition]:
        """The last changes of its state, oldest first."""
        return tuple(self._transitions)

    async def call(
        self, operation: Callable[[], Awaitable[T]], *, timeout_s: float | None = None
    ) -> T:
        """Run the operation, and learn from its outcome.

        Cancelling the caller neither cancels the operation nor counts as an outcome.

        Args:
            operation: begins the call.
            timeout_s: how long to wait, where the breaker's own time does not fit.

        Raises:
            Unavailable: the operation was not started; ``retry_after_s`` says when it may be.
            Timeout: no outcome within ``timeout_s``; the operation goes on unattended.
            Exception: whatever the operation raised.
        """
        within_s = self._timeout_s if timeout_s is None else timeout_s
        generation = self._admit()
        began_s = self._clock.monotonic()
        task = asyncio.ensure_future(operation())
        self._running += 1
        task.add_done_callback(self._ended)
        try:
            done, _ = await asyncio.wait({task}, timeout=within_s)
        except asyncio.CancelledError:
            self._forget(generation)
            raise
        self._seconds.observe(self._clock.monotonic() - began_s)
        if not done:
            self._failed(generation, outcome="timeout")
            raise Timeout
        if task.cancelled():
            self._forget(generation)
        else:
            self._learn(task.exception(), generation)
        return task.result()

    @contextlib.contextmanager
    def guard(self) -> Iterator[None]:
        """Surround one call that bounds its own time; learn from what leaves the block.

        Raises:
            Unavailable: the block was not entered; ``retry_after_s`` says when it may be.
        """
        generation = self._admit()
        began_s = self._clock.monotonic()
        self._running += 1
        try:
            yield
        except BaseException as error:
            self._learn(error, generation)
            raise
        else:
            self._learn(None, generation)
        finally:
            self._seconds.observe(self._clock.monotonic() - began_s)
            self._running -= 1

    def _admit(self) -> int:
        """Let a call begin; return the generation of the state in which it began."""
        if self._running >= self._max_concurrent:
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
        self._calls["refused"].inc()
        raise Unavailable(retry_after_s=retry_after_s)

    def _learn(self, error: BaseException | None, generation: int) -> None:
        if error is None:
            self._succeeded(generation, outcome="success")
        elif not isinstance(error, Exception):
            self._forget(generation)
        elif self._proves_alive(error):
            self._succeeded(generation, outcome="answered")
        else:
            self._failed(generation, outcome="failure")

    def _succeeded(self, generation: int, *, outcome: str) -> None:
        self._calls[outcome].inc()
        if self._is_current(generation):
            self._machine.call(_succeed)

    def _failed(self, generation: int, *, outcome: str) -> None:
        self._calls[outcome].inc()
        if self._is_current(generation):
            with contextlib.suppress(_CallFailed):
                self._machine.call(_fail)

    def _forget(self, generation: int) -> None:
        self._calls["cancelled"].inc()
        self._is_current(generation)

    def _is_current(self, generation: int) -> bool:
        """Free the probe's place if it was ours; tell whether our outcome still says anything."""
        if self._probe == generation:
            self._probe = None
        return generation == self._generation

    def _ended(self, task: asyncio.Future[T]) -> None:
        self._running -= 1
        if not task.cancelled():
            task.exception()  # retrieved: an abandoned call's error is no news

    def _changed(self, state: str) -> None:
        self._generation += 1
        self._probe = None
        if state == pybreaker.STATE_OPEN:
            self._opened_at_s = self._clock.monotonic()
        self._transitions.append(Transition(self._clock.now(), cast(State, state)))
        STATE.labels(self.name).set(_LEVELS[state])
        TRANSITIONS.labels(self.name, state).inc()
        log.warning("breaker_changed", breaker=self.name, state=state)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A breaker of a process, as it is shown to people.

    Attributes:
        while_open: what callers get while it is open, in a sentence or two.
    """

    breaker: Breaker
    while_open: str


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
