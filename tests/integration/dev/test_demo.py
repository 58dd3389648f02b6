"""`make up DEMO=1`, with the real services."""

import signal

import pytest

from dev.harness import RunningSuite

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]


def test_a_demo_comes_with_the_suite_comes_back_when_it_dies_and_goes_with_it(tmp_path):
    suite = RunningSuite.start(tmp_path / "run", env={"DEMO": "1"})
    try:
        invited = suite.log.partition("Parley is ready")[2]
        killed = suite.kill("demo")
        back = suite.process("demo")
    finally:
        status = suite.stop(with_signal=signal.SIGTERM)

    assert "Sign in as ada" in invited
    assert back.pid != killed
    assert status == 0
    assert "Traceback" not in suite.log
