"""The command line: the fields of a scenario are its options."""

from dataclasses import fields
from pathlib import Path

import pytest

from benchmarks.arguments import helps, read
from benchmarks.scenarios import SCENARIOS


def scenario_of(*argv):
    return read(argv).scenario


@pytest.mark.parametrize("name", SCENARIOS)
def test_without_options_a_scenario_is_played_as_it_is(name):
    options = read([name])

    assert options.scenario == SCENARIOS[name]()
    assert (options.stack, options.urls, options.processes) == ("parley", [], 1)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_option_says_what_it_means(name):
    assert helps(SCENARIOS[name]).keys() >= {each.name for each in fields(scenario_of(name))}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_needs_people(name):
    assert sum(SCENARIOS[name]().rooms()) > 0


def test_options_have_the_types_of_the_fields():
    scenario = scenario_of("soak", "--connections", "10", "--rate", "2.5", "--renew-every", "60")

    assert (scenario.connections, scenario.rate, scenario.renew_every) == (10, 2.5, 60.0)
    assert list(scenario.rooms()) == [2] * 5


def test_groups_are_called_rooms():
    scenario = scenario_of("rooms", "--rooms", "3", "--members", "7")

    assert list(scenario.rooms()) == [7, 7, 7]


def test_a_deployment_has_urls_and_people():
    options = read(["pairs", "--url", "http://a/", "--url", "http://b", "--people", "crowd.jsonl"])

    assert options.urls == ["http://a", "http://b"]
    assert options.people == Path("crowd.jsonl")


@pytest.mark.parametrize(
    "given",
    [
        ["storm", "--stack", "socketio"],
        ["pairs", "--stack", "tutorial", "--url", "http://a"],
        ["pairs", "--people", "crowd.jsonl"],
        ["overload", "--processes", "2"],
        ["pairs", "--processes", "0"],
        ["pairs", "--connections", "many"],
        ["nothing"],
        [],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_refused(given, capsys):
    with pytest.raises(SystemExit) as ended:
        read(given)

    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err
