"""Prometheus' own programs: a test that needs them is skipped where they are not, loudly."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from dev.monitoring.servers import ALERTMANAGER, PROMETHEUS, PROMTOOL
from dev.settings import environment

REQUIRED = environment().get("PARLEY_REQUIRE_PROMTOOL") == "1"
WHY = "prometheus, promtool and prometheus-alertmanager are not installed: alerts are not tried"
MISSING = None in (PROMETHEUS, PROMTOOL, ALERTMANAGER)

needs_prometheus = pytest.mark.skipif(MISSING and not REQUIRED, reason=WHY)


def promtool(*arguments: str, folder: Path, given: str = "") -> Sequence[str]:
    """Run promtool; return what it wrote, line by line.

    Raises:
        AssertionError: it is not content.
    """
    ran = subprocess.run(
        [str(PROMTOOL), *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return [*ran.stdout.splitlines(), *ran.stderr.splitlines()]
