"""The parts of ``make bench`` and ``make profile`` on a real suite, with small figures."""

from dataclasses import dataclass
from math import isnan
from typing import Any

import pytest

from benchmarks import stacks
from benchmarks.bench.findings import Findings
from benchmarks.bench.gateway import compare
from benchmarks.bench.growing import growth
from benchmarks.bench.soaking import soak
from benchmarks.growth.everywhere import Everywhere
from benchmarks.growth.filling import tables_of
from benchmarks.growth.steps import Step
from benchmarks.profile.profiling import profile
from benchmarks.profile.spies import CannotSpy
from benchmarks.scenarios.pairs import Pairs
from benchmarks.scenarios.soak import Soak
from dev.manage import manage
from dev.services import SERVICES

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]  # the suite is started first

RECEIPTS = next(each for each in SERVICES if each.name == "receipts")
FEW: dict[str, Any] = {"connections": 6, "rate": 20, "seconds": 1, "warm_up": 0.5, "read_after": -1}


@dataclass(frozen=True)
class Grown:
    """What came of ``growth``, and of comparing watermarks with their log and with chat."""

    told: str
    losses: list[str]
    members: list[int]
    messages: int
    reconciled: int


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    with stacks.parley(tmp_path_factory.mktemp("suite")) as running:
        yield running


@pytest.fixture(scope="module")
def grown(fresh):
    findings = Findings(tell=lambda _: None)
    steps = [Step(rooms=2, messages=4), Step(rooms=6, messages=60)]
    load = Everywhere(**FEW, reads=4)
    told = growth(fresh, steps=steps, load=load, vacuum_within_s=0, findings=findings)
    with tables_of(fresh.state) as tables:
        return Grown(
            told=told,
            losses=findings.losses,
            members=[len(users) for users in tables.rooms().values()],
            messages=tables.messages(),
            reconciled=manage(fresh.run_dir, RECEIPTS, ["reconcile"]),
        )


@pytest.fixture
def suite(fresh, grown):
    """A suite that has grown, because that needs one in which nobody is."""
    return fresh


@pytest.fixture
def findings():
    return Findings(tell=lambda _: None)


def test_a_suite_grows_and_its_services_agree_about_what_is_stored(grown):
    assert grown.losses == []
    assert grown.members == [2] * 6
    assert grown.messages >= 60
    assert grown.reconciled == 0
    assert "sync" in grown.told


def test_a_soak_tells_of_every_process_and_store(suite, findings):
    soak(suite, Soak(**FEW, after=0.0), findings=findings)

    assert findings.losses == []
    whats = [what.partition(": ")[2] for what in findings.values]
    assert "memory of receipts grows by" in whats
    assert "outbox of chat grows by" in whats
    assert not any(isnan(value) for values in findings.values.values() for value in values)


def test_what_comes_by_the_gateway_costs_it_something(suite, findings):
    told = compare(suite, Pairs(**{**FEW, "rate": 100}), rates=[100.0], findings=findings)

    assert findings.losses == []
    assert float(told.splitlines()[-1].split()[1]) > 0


def test_a_profile_shows_what_each_service_and_its_database_was_at(suite, tmp_path):
    pairs = Pairs(**{**FEW, "rate": 100, "seconds": 2})
    try:
        found = profile(suite, pairs, into=tmp_path / "out", tell=lambda _: None)
    except CannotSpy as error:
        pytest.skip(str(error))

    names = [each.name for each in SERVICES]
    assert list(found.services) == names
    assert "chat" in found.table()
    assert any("send_messages" in query for query, _ in found.databases["parley_chat"])
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written >= {"postgres.txt", *(f"{name}.svg" for name in names)}
