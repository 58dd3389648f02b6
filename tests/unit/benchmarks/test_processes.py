"""What processes use is told also while some of them come and go."""

import os
import subprocess
import sys

import psutil

from benchmarks.measure.processes import resident_bytes, resident_kib


def test_a_process_that_has_just_ended_uses_nothing():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = psutil.Process(child.pid)
    before = resident_bytes(process)
    child.communicate(b"\n")

    assert before > 0
    assert resident_bytes(process) == 0


def test_what_stands_twice_under_a_name_is_taken_together():
    once, twice = (resident_kib([("me", os.getpid())] * count)["me"] for count in (1, 2))

    assert twice > 1.5 * once > 0
