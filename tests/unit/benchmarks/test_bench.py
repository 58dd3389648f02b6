"""What ``make bench`` makes of what it measured."""

from collections import Counter

import pytest

from benchmarks.bench.findings import Findings
from benchmarks.bench.gateway import HEAD, Compared
from benchmarks.bench.ladder import Rung, highest
from benchmarks.bench.parts import PARTS as PLAYED, Bench
from benchmarks.bench.rounds import Rounds
from benchmarks.bench.rows import Goal, rows
from benchmarks.bench.settings import PARTS, Wanted, wanted
from benchmarks.bench.soaking import soak_row
from benchmarks.load.outcome import Outcome, Sample
from benchmarks.load.tally import Tally, histogram
from benchmarks.scenarios.soak import Soak

WANTED = Wanted(rounds=3, seconds=10.0, connections=1000, rates={}, on_all_cores=())


def quiet():
    return Findings(tell=lambda _: None)


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
    rounds = Rounds(WANTED, quiet())
    rounds.ladders["parley"] = [[rung(rate, cpu_s=2.0)] for rate in (1000, 3000, 2000)]
    rounds.ladders["tutorial"] = [[rung(100, cpu_s=2.0), rung(200, lost=1)]]

    table = "\n".join(rounds.tables())

    assert "2000 (1000 … 3000)" in table
    assert "20.0" in table  # times as many messages, and as little CPU


def test_every_row_has_a_name_of_its_own():
    names = [f"{row.name}: {goal.what}" for row in rows(1.0) for goal in row.goals]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({}, ["rounds", "gateway"]),
        ({"FULL": "1"}, ["rounds", "gateway", "soak", "growth"]),
        ({"ONLY": "growth,soak"}, ["soak", "growth"]),
        ({"ONLY": "gateway", "FULL": "1"}, ["gateway"]),
    ],
    ids=str,
)
def test_long_parts_are_played_where_they_are_asked_for(given, parts):
    assert wanted(given).parts == parts


def test_a_part_that_there_is_not_is_refused_and_the_others_are_named():
    with pytest.raises(ValueError, match=r"no part: soap \(of rounds, gateway, soak, growth\)"):
        wanted({"ONLY": "soak,soap"})


def test_every_part_can_be_played():
    assert tuple(PLAYED) == PARTS


def test_the_table_tells_the_median_beside_the_goal_and_what_was_lost():
    findings = quiet()
    goal = Goal(what="late", unit="ms", of=lambda _: 0.0, limit=5)
    for value in (9.0, 4.0, 6.0):
        findings.note("a row: late", goal, value)
    findings.take_troubles("a row", rung(100, lost=3).outcome)

    table = Bench(WANTED, findings).table()

    (told,) = (line.split() for line in table.splitlines() if "a row: late" in line)
    assert told[3:] == ["6", "4", "…", "9", "ms", "≤", "5", "NOT", "met"]
    assert "a row: {'lost': 3}" in table


def test_nothing_measured_is_an_empty_table():
    assert Bench(WANTED, quiet()).table() == ""


def test_a_soak_is_judged_by_what_grows_after_its_beginning():
    def sample(minute, *, chat_mib, rows):
        return Sample(
            at_s=minute * 60.0,
            counts={},
            cpu_s={},
            resident_kib={"chat": chat_mib * 1024, "queue": 1024},
            gauges={"outbox of chat, rows": rows},
        )

    outcome = Outcome(
        tally=Tally(),
        window_s=1.0,
        cpu_s={},
        load_cpu_s=0.0,
        at_rest_kib={},
        ready_kib={},
        samples=[
            sample(0, chat_mib=10, rows=0),
            sample(5, chat_mib=90, rows=7),
            sample(6, chat_mib=92, rows=7),
            sample(7, chat_mib=94, rows=7),
        ],
    )

    told = {goal.what: goal for goal in soak_row(Soak()).goals}

    chat, queue = told["memory of chat grows by"], told["memory of queue grows by"]
    assert chat.of(outcome) == 2.0
    assert not chat.is_met(chat.of(outcome))
    assert queue.of(outcome) == 0.0
    assert told["outbox of chat grows by"].of(outcome) == 0.0
    assert told["lost"].is_met(told["lost"].of(outcome))


def test_the_gateway_is_told_by_its_cpu_and_how_late_in_the_least_disturbed_runs():
    def outcome(late_ms, cpu_s):
        ran = rung(100, late_ms=late_ms).outcome
        return Outcome(
            tally=ran.tally,
            window_s=10.0,
            cpu_s={"gateway": cpu_s, "chat": 5.0},
            load_cpu_s=0.0,
            at_rest_kib={},
            ready_kib={},
        )

    straight, through = [outcome(10, 0.0), outcome(90, 0.0)], [outcome(80, 0.9), outcome(12, 0.5)]
    row = Compared(rate=100.0, straight=straight, through=through).row()

    assert row == ["100/s", "0.500", "10.0", "12.0", "10.0", "12.0"]
    assert len(row) == len(HEAD)
