"""What a run showed: what was lost, what had no answer, and what it cost."""

from collections import Counter

import pytest

from benchmarks.load.outcome import Outcome
from benchmarks.load.tally import Tally


def outcome(counts=None, **others):
    values = {"window_s": 2.0, "cpu_s": {}, "load_cpu_s": 0.0, "at_rest_kib": {}, "ready_kib": {}}
    tally = Tally(counts=Counter(counts or {}))
    return Outcome(tally=tally, **{**values, **others})


def test_what_everybody_got_is_no_trouble():
    counts = {"sent": 5, "acked": 5, "to be received": 20, "received": 20, "read": 5}

    assert outcome(counts).troubles == {}


def test_what_was_acknowledged_and_did_not_arrive_is_lost():
    counts = {"sent": 5, "acked": 5, "to be received": 20, "received": 18}

    assert outcome(counts).troubles == {"lost": 2}


def test_what_was_refused_has_an_answer_and_is_shown():
    shown = outcome({"sent": 5, "acked": 2, "error rate_limited": 3})

    assert shown.unanswered == 0
    assert shown.troubles == {"error rate_limited": 3}


def test_what_was_neither_acknowledged_nor_refused_is_unanswered():
    assert outcome({"sent": 5, "acked": 2}).troubles == {"unanswered": 3}


@pytest.mark.parametrize("what", ["again", "out of order", "closed 1006", "not opened: refused"])
def test_what_should_not_happen_is_trouble(what):
    assert outcome({what: 1}).troubles == {what: 1}


def test_cpu_counts_by_what_happened_within_the_window():
    shown = outcome(cpu_s={"chat": 0.5, "redis": 0.1})
    shown.tally.before["acked"], shown.tally.after["acked"] = 100, 300

    assert shown.cpu_ms_per("acked") == {"chat": 2.5, "redis": 0.5, "all": 3.0}


def test_servers_elsewhere_cost_nothing_that_is_known():
    assert outcome().cpu_ms_per("acked") == {}
