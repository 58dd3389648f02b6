import resource

import pytest

from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules.machine import judge_files, judge_process


@pytest.mark.parametrize(
    ("files", "verdict"),
    [(10_256, Verdict.OK), (10_255, Verdict.WRONG), (resource.RLIM_INFINITY, Verdict.OK)],
)
def test_every_connection_needs_a_file(files, verdict):
    found = judge_files(connections=10_000, files=files)

    assert found.verdict is verdict
    assert ("10256" in found.do) is (verdict is Verdict.WRONG)


@pytest.mark.parametrize(
    ("status", "told", "verdict"),
    [
        (200, True, Verdict.OK),
        (503, False, Verdict.WRONG),
        (None, True, Verdict.WRONG),
        (None, False, Verdict.LOOK),
    ],
)
def test_a_process_has_to_be_ready(status, told, verdict):
    assert judge_process("chat", status=status, reasons=[], told=told).verdict is verdict


def test_it_is_told_why_one_is_not():
    found = judge_process("chat", status=503, reasons=["redis", "tail"], told=True)

    assert found.seen == "It is not ready: redis, tail."
