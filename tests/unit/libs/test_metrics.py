import pytest
from prometheus_client.parser import text_string_to_metric_families

from libs.common import metrics
from libs.common.clock import ManualClock
from libs.common.loop_lag import LoopLag


def test_what_the_registry_shows_can_be_parsed():
    LoopLag(ManualClock()).note(0.1)

    shown = metrics.render().decode()

    names = {family.name for family in text_string_to_metric_families(shown)}

    assert "parley_event_loop_lag_seconds" in names
    assert "process_cpu_seconds" in names


def test_a_name_can_be_declared_once_only():
    metrics.counter("parley_declared_once", "A test.")

    with pytest.raises(ValueError, match="Duplicated"):
        metrics.counter("parley_declared_once", "A test.")
