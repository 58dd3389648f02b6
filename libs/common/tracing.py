"""What belongs to what: a trace goes with a message through every service, and over every stream.

A context is passed on whether or not anybody records: in the field ``traceparent`` of each entry, in
that header of requests, and in the lines of logs. Spans are recorded only where a recorder was
given, see ``tracing_otel``. Of one cause a span is the child; of several it is the root of a trace
of its own, with links to those that are sampled: one transaction may hold a hundred messages.

Source: W3C Trace Context, https://www.w3.org/TR/trace-context/
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

HEADER = "traceparent"
"""The name of the header, and of the field of an entry."""
FIELD = HEADER.encode()
"""The same, as Redis has it."""
MAX_LINKS = 32
"""Links of one span; collectors refuse very many."""

Kind = Literal["internal", "producer", "consumer"]
Value = str | int | float | bool

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_VERSION = "ff"
_VERSION = "00"
_SAMPLED = 1
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_RANDOM_DIGITS = 14
"""At the end of a trace id: what of a client_id is random in every version of UUID that is in use."""
_WHOLE = float(16**_RANDOM_DIGITS)


class TraceContext(NamedTuple):
    """Where something stands in a trace.

    Attributes:
        trace_id: 32 hexadecimal digits, not all 0.
        span_id: 16 hexadecimal digits, not all 0.
        sampled: whether its spans are recorded where anybody records.
    """

    trace_id: str
    span_id: str
    sampled: bool = False

    @property
    def traceparent(self) -> str:
        """The header's value."""
        return f"{_VERSION}-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


def parse(traceparent: str | None) -> TraceContext | None:
    """Read the header; None where it is missing or not well-formed, as the specification wants it.

    A version that is newer than ours is read as far as we know it.
    """
    found = _FORM.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    unknown = version == _NO_VERSION or (version == _VERSION and more is not None)
    if unknown or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


def of_message(client_id: str) -> TraceContext:
    """Return where a message begins: its trace has the digits of its client_id.

    So whoever has the message finds its trace, and another try goes on in the same one.

    Args:
        client_id: a canonical UUID; not the nil one, which no client may take for two messages.
    """
    trace_id = trace_id_of(client_id) or _new_trace_id()
    return TraceContext(trace_id, _new_span_id(), _sampling.takes(trace_id))


def trace_id_of(client_id: str) -> str | None:
    """Return the trace of a message by its client_id; None of the nil UUID, which is no trace."""
    trace_id = client_id.replace("-", "")
    return None if trace_id == _NO_TRACE else trace_id


def of_fields(fields: Mapping[bytes, bytes]) -> TraceContext | None:
    """Return the context that an entry of a stream carries, if it does."""
    value = fields.get(FIELD)
    return None if value is None else parse(value.decode("ascii", "replace"))


class Recorded(Protocol):
    """A span that somebody records."""

    @property
    def context(self) -> TraceContext:
        """Where it stands."""
        ...

    def end(self, error: BaseException | None) -> None:
        """Let it end now."""
        ...


class Recorder(Protocol):
    """What records spans; it never waits, and never raises."""

    def begin(
        self,
        name: str,
        *,
        parent: TraceContext | None,
        trace_id: str,
        links: Sequence[TraceContext],
        kind: Kind,
        values: Mapping[str, Value],
    ) -> Recorded:
        """Let a span begin now; without a parent it is the root of ``trace_id``."""
        ...


class _Sampling:
    """Which traces that begin here are recorded; by their ids, so every process says the same."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self.ratio = 0.0
        self.believes_callers = False

    def takes(self, trace_id: str) -> bool:
        if self.recorder is None:
            return False
        return int(trace_id[-_RANDOM_DIGITS:], 16) < self.ratio * _WHOLE


_sampling = _Sampling()
_current: ContextVar[TraceContext | None] = ContextVar("trace", default=None)


def record_with(recorder: Recorder | None, *, ratio: float = 1.0) -> None:
    """Record spans from now on, or no longer.

    Args:
        recorder: takes them; one per process.
        ratio: of traces that begin here, 0 to 1. Others go by what their cause says.
    """
    _sampling.recorder = recorder
    _sampling.ratio = ratio


def believe_callers(*, believe: bool) -> None:
    """Let requests choose their trace, and that it is recorded; or not, as at the beginning."""
    _sampling.believes_callers = believe


def of_caller(traceparent: str | None) -> TraceContext | None:
    """Return where a request says that it stands; None where callers are not believed."""
    return parse(traceparent) if _sampling.believes_callers else None


def current() -> TraceContext | None:
    """Return the context in which this runs, if there is one."""
    return _current.get()


@contextmanager
def going_on(context: TraceContext | None) -> Iterator[None]:
    """Let what happens in the block belong to what somebody else began, if they did."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


class Span:
    """Something that takes time; as a context manager it is current for as long as the block."""

    __slots__ = ("_recorded", "_token", "context")

    def __init__(self, context: TraceContext, recorded: Recorded | None) -> None:
        self.context = context
        self._recorded = recorded
        self._token: Token[TraceContext | None] | None = None

    def end(self, error: BaseException | None = None) -> None:
        """Let it end now, once."""
        if self._recorded is not None:
            self._recorded.end(error)
            self._recorded = None

    def __enter__(self) -> Self:
        self._token = _current.set(self.context)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
        self.end(error)


def begin(
    name: str,
    causes: Iterable[TraceContext | None] = (),
    *,
    kind: Kind = "internal",
    **values: Value,
) -> Span:
    """Let a span begin now.

    Args:
        name: of what happens; one of few.
        causes: what led to it; None and repetitions count for nothing.
        kind: whether it writes to a stream, reads from one, or neither.
        values: what is to be known of it; never what people wrote.
    """
    distinct = dict.fromkeys(cause for cause in causes if cause is not None)
    parent = next(iter(distinct)) if len(distinct) == 1 else None
    trace_id = parent.trace_id if parent else _new_trace_id()
    links = [] if parent else [cause for cause in distinct if cause.sampled][:MAX_LINKS]
    sampled = parent.sampled if parent else bool(links)
    if not distinct:
        sampled = _sampling.takes(trace_id)
    recorder = _sampling.recorder
    if recorder is None or not sampled:
        return Span(TraceContext(trace_id, _new_span_id(), sampled), None)
    recorded = recorder.begin(
        name, parent=parent, trace_id=trace_id, links=links, kind=kind, values=values
    )
    return Span(recorded.context, recorded)


def begin_message(client_id: str) -> Span | None:
    """Let the span of a message begin, from its acceptance to its outcome.

    It belongs to the request that brought it, where that named a trace; otherwise to the trace of
    its client_id. None where nothing is recorded and no trace was named: it is cheaper to find the
    context later, of the few messages that are written alone.
    """
    cause = _current.get()
    recorder = _sampling.recorder
    if recorder is None:
        return None if cause is None else Span(cause, None)
    if cause is not None:
        return begin("message", [cause], kind="producer")
    return _begin_root("message", of_message(client_id))


def note_message(name: str, client_id: str) -> TraceContext:
    """Note that something happened to a message, in the trace of its client_id; return where."""
    span = _begin_root(name, of_message(client_id))
    span.end()
    return span.context


def _begin_root(name: str, own: TraceContext) -> Span:
    """Let a trace begin that has an id already; its span gets one of its own if it is recorded."""
    recorder = _sampling.recorder
    if recorder is None or not own.sampled:
        return Span(own, None)
    recorded = recorder.begin(
        name, parent=None, trace_id=own.trace_id, links=(), kind="producer", values={}
    )
    return Span(recorded.context, recorded)


def _new_trace_id() -> str:
    return f"{random.getrandbits(128) or 1:032x}"


def _new_span_id() -> str:
    return f"{random.getrandbits(64) or 1:016x}"
