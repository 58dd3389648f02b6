"""The load tool on a real suite: a small load of ``pairs`` loses nothing."""

import json

import pytest

from benchmarks import stacks
from benchmarks.html import page
from benchmarks.load.fleet import Fleet
from benchmarks.report import Report
from benchmarks.scenarios.pairs import Pairs

pytestmark = pytest.mark.timeout(240)  # the suite is started first

PAIRS = Pairs(connections=10, rate=20, seconds=2, warm_up=0.5, read_after=0.1)


def test_ten_people_write_to_each_other_and_nothing_is_lost(tmp_path):
    with stacks.parley(tmp_path) as suite:
        people = stacks.crowd(suite, PAIRS.rooms())
        target = stacks.target(suite, people)
        outcome = Fleet(target=target, scenario=PAIRS, processes=2).run()

    report = Report(name="pairs", target="parley", scenario=PAIRS, outcome=outcome)
    counts = json.loads(report.json())["counts"]
    assert outcome.troubles == {}
    assert counts["opened"] == 10
    assert counts["acked"] == counts["received"] == counts["delivered"] == counts["sent"] > 0
    assert outcome.cpu_s["chat"] > 0
    assert "chat" in page(report)
