"""What a run is told as: a table, JSON, and a page that needs nothing else."""

import json
from collections import Counter

import pytest

from benchmarks.html import page
from benchmarks.load.outcome import Outcome, Sample
from benchmarks.load.tally import Tally
from benchmarks.measure.slopes import per_minute
from benchmarks.report import Report, busy_percent, rates
from benchmarks.scenarios.soak import Soak


def sample(at_s, acked, cpu_s, kib):
    return Sample(
        at_s=at_s,
        counts=Counter(acked=acked),
        cpu_s={"chat": cpu_s},
        resident_kib={"chat": kib},
        gauges={"redis used, MiB": at_s / 60},
    )


@pytest.fixture
def report():
    tally = Tally(counts=Counter({"sent": 30, "acked": 30, "closed 1006": 1}))
    tally.before["acked"], tally.after["acked"] = 10, 30
    tally.took("ack", 5_000_000)
    outcome = Outcome(
        tally=tally,
        window_s=2.0,
        cpu_s={"chat": 0.5},
        load_cpu_s=0.1,
        at_rest_kib={"chat": 1024},
        ready_kib={"chat": 2048},
        grown_kib={"chat": 512},
        samples=[sample(0.0, 0, 0.0, 1024), sample(2.0, 20, 1.0, 2048), sample(4.0, 30, 1.2, 3072)],
    )
    return Report(name="soak", target="a <chat>", scenario=Soak(after=0.0), outcome=outcome)


def test_json_has_the_options_the_figures_and_the_samples(report):
    values = json.loads(report.json())

    assert values["options"]["rate"] == 500.0
    assert values["figures"]["messages_per_s"] == 10
    assert values["latency_ms"]["ack"]["count"] == 1
    assert values["troubles"] == {"closed 1006": 1}
    assert [each["counts"] for each in values["samples"]] == [
        {"acked": 0},
        {"acked": 20},
        {"acked": 30},
    ]


def test_the_table_shows_what_went_wrong(report):
    assert report.table().endswith("troubles\n  closed 1006  1")


def test_the_page_loads_nothing_and_shows_names_as_text(report):
    shown = page(report)

    assert "a &lt;chat&gt;" in shown
    assert "<script src" not in shown
    assert shown.count("Plotly.newPlot(") >= 4


def test_rates_and_cpu_are_those_between_two_samples(report):
    samples = report.outcome.samples

    assert rates(samples, "acked") == [10, 5]
    assert busy_percent(samples, "chat") == pytest.approx([50, 10])


def test_what_grows_is_told_by_minute(report):
    figures = report.scenario.figures(report.outcome)

    assert figures["resident_mib_per_min"] == {"chat": 30.0}
    assert figures["others_per_min"] == {"redis used, MiB": 1.0}


@pytest.mark.parametrize("points", [[], [(1.0, 5.0)]])
def test_too_few_points_have_no_slope(points):
    assert per_minute(points) == 0.0
