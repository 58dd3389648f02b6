"""A collector of spans in the process of the test: OTLP over HTTP, kept in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from libs.common.tracing import TraceContext


class Collected:
    """One span as it came."""

    def __init__(self, service: str, span: Any) -> None:
        self.service = service
        self.name = span.name
        self.context = TraceContext(span.trace_id.hex(), span.span_id.hex(), sampled=True)
        self.parent = span.parent_span_id.hex()
        self.links = {(link.trace_id.hex(), link.span_id.hex()) for link in span.links}
        self.began_ns = span.start_time_unix_nano
        self.ended_ns = span.end_time_unix_nano
        self.text = str(span)


class Collector:
    """What came so far; ``url`` is where it listens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._spans: list[Collected] = []
        self._lock = threading.Lock()

    def take(self, body: bytes) -> None:
        """Take in one request."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            for of_resource in request.resource_spans:
                about = {
                    each.key: each.value.string_value for each in of_resource.resource.attributes
                }
                self._spans += [
                    Collected(about["service.name"], span)
                    for of_scope in of_resource.scope_spans
                    for span in of_scope.spans
                ]

    def spans(self, trace_id: str | None = None) -> list[Collected]:
        """Return the spans so far, of one trace or of all."""
        with self._lock:
            return [each for each in self._spans if trace_id in (None, each.context.trace_id)]


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Listen on a free port of this machine for as long as the block."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, name="collector")
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
