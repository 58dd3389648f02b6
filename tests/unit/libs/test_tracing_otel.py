import socket
from time import monotonic

from libs.common import tracing
from libs.common.tracing_otel import FLUSH_WITHIN_S, SEND_WITHIN_S, OpenTelemetry

SPANS = 1_500
"""Of several batches: each of them may take as long as the collector is given."""


def test_a_collector_that_hangs_keeps_no_process_from_its_end():
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        endpoint = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        recorder = OpenTelemetry(service="chat", instance="one", endpoint=endpoint)
        tracing.record_with(recorder)
        for _ in range(SPANS):
            tracing.begin("commit").end()
        tracing.record_with(None)
        began_s = monotonic()

        recorder.close()

        assert FLUSH_WITHIN_S <= monotonic() - began_s < SEND_WITHIN_S
