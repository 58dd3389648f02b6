import subprocess
import sys

from dev.settings import ROOT
from libs.common.tracing_otel import FLUSH_WITHIN_S, SEND_WITHIN_S

PROGRAM = """
import socket
from time import monotonic

from libs.common import tracing
from libs.common.tracing_otel import OpenTelemetry

with socket.create_server(("127.0.0.1", 0)) as hanging:
    endpoint = f"http://127.0.0.1:{hanging.getsockname()[1]}"
    recorder = OpenTelemetry(service="chat", instance="one", endpoint=endpoint)
    tracing.record_with(recorder)
    for _ in range(1_500):
        tracing.begin("commit").end()
    began_s = monotonic()
    recorder.close()
    print(monotonic() - began_s)
"""
"""Spans of several batches, each of which may take as long as the collector is given. In a process of
its own, because the SDK's threads go on to try."""


def test_a_collector_that_hangs_keeps_no_process_from_its_end():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert FLUSH_WITHIN_S <= float(done.stdout) < 3 * SEND_WITHIN_S
