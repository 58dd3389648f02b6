"""What is counted, in one load process and in all together."""

import math

import pytest

from benchmarks.load.tally import HIGHEST_US, Tally, histogram, merged, quantiles_ms

MS = 1_000_000


@pytest.fixture
def tally():
    """With a window from 100 to 200 ms."""
    tally = Tally()
    tally.window.begin_ns, tally.window.end_ns = 100 * MS, 200 * MS
    return tally


def test_only_what_was_due_within_the_window_counts(tally):
    for due_ms in (99, 100, 199, 200):
        tally.late("ack", due_ms * MS, 300 * MS)

    assert tally.stages["ack"].get_total_count() == 2


def test_lateness_counts_from_when_it_was_due(tally):
    tally.late("ack", 150 * MS, 157 * MS)

    assert quantiles_ms(tally.stages["ack"])["max"] == pytest.approx(7, rel=0.001)


def test_a_hundred_values_have_the_quantiles_that_one_would_count():
    tally = Tally()
    for ms in range(1, 101):
        tally.took("ack", ms * MS)

    quantiles = quantiles_ms(tally.stages["ack"])

    assert quantiles["count"] == 100
    expected = {"p50": 50, "p90": 90, "p99": 99, "max": 100}
    assert {name: quantiles[name] for name in expected} == pytest.approx(expected, rel=0.001)


def test_what_takes_for_ever_counts_as_the_highest():
    tally = Tally()

    tally.took("ack", 3600 * 1000 * MS)

    assert quantiles_ms(tally.stages["ack"])["max"] == pytest.approx(HIGHEST_US / 1000, rel=0.001)


def test_of_nothing_there_are_no_quantiles():
    quantiles = quantiles_ms(histogram())

    assert quantiles["count"] == 0
    assert math.isnan(quantiles["p99"])


def test_what_processes_counted_is_put_together():
    parts = [Tally(), Tally()]
    for ms, part in enumerate(parts, start=1):
        part.counts["sent"] = part.after["sent"] = 10 * ms
        part.before["sent"] = ms
        part.took("ack", ms * MS)
    parts[1].took("read", 5 * MS)

    whole = merged(part.packed() for part in parts)

    assert (whole.counts["sent"], whole.before["sent"], whole.after["sent"]) == (30, 3, 30)
    assert {name: each.get_total_count() for name, each in whole.stages.items()} == {
        "ack": 2,
        "read": 1,
    }
    assert quantiles_ms(whole.stages["ack"])["max"] == pytest.approx(2, rel=0.001)
