"""Spans for OpenTelemetry: sent to a collector by OTLP over HTTP, from a thread of the SDK's own.

The packages are an extra (``requirements/otel.lock``), and imported here only. A collector that is
away costs nothing but its spans: 2048 of them wait, the rest is dropped.

Source: https://opentelemetry.io/docs/specs/otlp/, https://opentelemetry.io/docs/specs/semconv/messaging/
"""

import threading
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from libs.common.tracing import Kind, Recorded, TraceContext, Value

SEND_WITHIN_S = 2.0
"""How long the collector may take for some spans."""
FLUSH_WITHIN_S = 1.0
"""How long a process waits at its end for what is left."""
PATH = "/v1/traces"

KINDS: Mapping[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class OpenTelemetry:
    """Records spans and sends them; one per process, used on the event loop only.

    Args:
        service: its name.
        instance: which process of it.
        endpoint: of the collector, without the path: ``http://collector:4318``.
    """

    def __init__(self, *, service: str, instance: str, endpoint: str) -> None:
        self._ids = _Ids()
        exporter = OTLPSpanExporter(endpoint.rstrip("/") + PATH, timeout=SEND_WITHIN_S)
        self._provider = TracerProvider(
            # What is taken was decided by then: whether a trace is sampled stands in its context.
            sampler=ALWAYS_ON,
            resource=Resource({SERVICE_NAME: f"parley-{service}", SERVICE_INSTANCE_ID: instance}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("parley")

    @property
    def is_disabled(self) -> bool:
        """Whether the environment says so: ``OTEL_SDK_DISABLED``."""
        return isinstance(self._tracer, NoOpTracer)

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
        """Let a span begin now; see ``tracing.Recorder``."""
        self._ids.next_trace_id = int(trace_id, 16)
        around = NonRecordingSpan(_foreign(parent)) if parent else NonRecordingSpan(_NOWHERE)
        span = self._tracer.start_span(
            name,
            context=set_span_in_context(around),
            kind=KINDS[kind],
            links=[Link(_foreign(each)) for each in links],
            attributes=dict(values),
        )
        return _Recorded(span)

    def close(self) -> None:
        """Send what is left, within ``FLUSH_WITHIN_S``. Blocks.

        The SDK heeds no bound here: a collector that hangs would cost ``SEND_WITHIN_S`` for each of
        its batches, and one that answers by drops would never let go.
        """
        flushing = threading.Thread(target=self._provider.force_flush, name="traces", daemon=True)
        flushing.start()
        flushing.join(FLUSH_WITHIN_S)


class _Recorded:
    """One span of the SDK's."""

    def __init__(self, span: Span) -> None:
        self._span = span
        own = span.get_span_context()
        self.context = TraceContext(f"{own.trace_id:032x}", f"{own.span_id:016x}", sampled=True)

    def end(self, error: BaseException | None) -> None:
        if error is not None and isinstance(self._span, ReadableSpan):
            # Its kind only: the text of an error may show what people wrote.
            self._span.set_attribute("error.type", type(error).__name__)
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class _Ids(RandomIdGenerator):
    """Ids of spans at random; that of a trace is told beforehand."""

    next_trace_id = 0

    def generate_trace_id(self) -> int:
        return self.next_trace_id


def _foreign(context: TraceContext) -> SpanContext:
    return SpanContext(
        trace_id=int(context.trace_id, 16),
        span_id=int(context.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if context.sampled else TraceFlags.DEFAULT),
    )


_NOWHERE = SpanContext(trace_id=0, span_id=0, is_remote=False)
"""Nothing is above a root: not what is current for the SDK either."""
