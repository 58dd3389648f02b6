"""What ``make bench`` makes of what it measured."""

from collections import Counter

import pytest

from benchmarks.bench.ladder import Rung, highest
from benchmarks.bench.rounds import Bench
from benchmarks.bench.rows import Goal, rows
from benchmarks.bench.settings import Wanted
from benchmarks.load.outcome import Outcome
from benchmarks.load.tally import Tally, histogram

WANTED = Wanted(rounds=3, seconds=10.0, connections=1000, rates={}, on_all_cores=())


def rung(rate, *, late_ms=10, acked=None, lost=0, cpu_s=1.0):
    """Return what came of ten seconds at a rate."""
    sent = round(rate * 10)
    tally = Tally(
        counts=Counter(
            {"sent": sent, "acked": sent, "to be received": sent, "received": sent - lost}
        ),
        after=Counter({"acked": sent if acked is None else acked}),
        stages={"received": histogram()},
    )
    tally.stages["received"].record_value(late_ms * 1000, count=sent)
    outcome = Outcome(
        tally=tally,
        window_s=10.0,
        cpu_s={"chat": cpu_s},
        load_cpu_s=0.0,
        at_rest_kib={},
        ready_kib={},
    )
    return Rung(rate=rate, outcome=outcome)


@pytest.mark.parametrize(
    ("knobs", "is_held"),
    [
        ({}, True),
        ({"late_ms": 120}, False),
        ({"lost": 1}, False),
        ({"acked": 970}, False),
        ({"acked": 985}, True),
    ],
)
def test_a_rate_is_held_where_nothing_is_late_lost_or_left_behind(knobs, is_held):
    assert rung(100, **knobs).is_held is is_held


def test_the_highest_rung_counts_that_was_held():
    rungs = [rung(100), rung(200), rung(400, lost=5)]

    assert highest(rungs) is rungs[1]
    assert highest([rung(100, lost=1)]) is None


def test_a_goal_is_a_floor_or_a_ceiling_or_only_told():
    def goal(**knobs):
        return Goal(what="", unit="", of=lambda _: 0.0, **knobs)

    assert goal(limit=5).is_met(5)
    assert not goal(limit=5).is_met(5.1)
    assert goal(limit=5, at_least=True).is_met(6)
    assert not goal(limit=5, at_least=True).is_met(4.9)
    assert goal().is_met(float("inf"))


def test_the_table_tells_medians_of_what_was_held_in_each_round():
    bench = Bench(WANTED, tell=lambda _: None)
    bench.ladders["parley"] = [[rung(rate, cpu_s=2.0)] for rate in (1000, 3000, 2000)]
    bench.ladders["tutorial"] = [[rung(100, cpu_s=2.0), rung(200, lost=1)]]

    table = bench.table()

    assert "2000 (1000 … 3000)" in table
    assert "20.0" in table  # times as many messages, and as little CPU


def test_every_row_has_a_name_of_its_own():
    names = [f"{row.name}: {goal.what}" for row in rows(1.0) for goal in row.goals]

    assert len(names) == len(set(names))
