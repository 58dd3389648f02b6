"""What the processes really show, as Prometheus' own tool judges it."""

import re

import httpx
import pytest

from dev.monitoring.scraping import WATCHED
from dev.settings import ROOT
from tests.integration.waiting import WITHIN_S
from tests.promtool import needs_prometheus, promtool

DOCUMENTED = set(re.findall(r"^\| `(parley_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.M))
BOUND = 2000
"""Series of one process: four services with some replicas stay far below a million."""


def shown(world, service):
    process = world.suite.state.of(service)[0]
    return httpx.get(f"http://127.0.0.1:{process.internal_port}/metrics", timeout=WITHIN_S).text


@needs_prometheus
@pytest.mark.parametrize("service", WATCHED)
def test_promtool_has_nothing_to_say_about_the_metrics_of_a_service(world, tmp_path, service):
    told = promtool("check", "metrics", folder=tmp_path, given=shown(world, service))

    assert list(told) == []


@pytest.mark.parametrize("service", WATCHED)
def test_a_process_shows_what_is_documented_and_not_too_much_of_it(world, service):
    page = shown(world, service)

    families = set(re.findall(r"^# TYPE (parley_\w+)", page, re.MULTILINE))
    series = [line for line in page.splitlines() if not line.startswith("#")]

    assert families <= DOCUMENTED
    assert len(series) < BOUND
