import json

import pytest
import yaml

from dev.monitoring.dashboards import DASHBOARDS
from dev.monitoring.dashboards.grafana import FOLDER, json_of, text_of
from tests.unit.monitoring.queries import known_series, series_in

PANELS = [
    pytest.param(panel, id=f"{dashboard.uid}: {panel.title}")
    for dashboard in DASHBOARDS
    for panel in dashboard.panels
]


def placed(dashboard):
    return [panel["gridPos"] for panel in json_of(dashboard)["panels"]]


def overlap(one, other):
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or above)


def test_what_grafana_loads_is_what_is_written_here():
    written = {path.name: path.read_text() for path in FOLDER.glob("*.json")}

    assert written == {f"{each.uid}.json": text_of(each) for each in DASHBOARDS}


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_for_nothing_that_there_is_not(panel):
    asked = {series for query in panel.queries for series in series_in(query.expr)}

    assert asked
    assert asked - known_series() == set()


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_one_sees(panel):
    assert panel.tells.endswith(".")
    assert len(panel.queries) == 1 or all(query.legend for query in panel.queries)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)
def test_a_dashboard_has_what_grafana_asks_of_one(dashboard):
    made = json_of(dashboard)
    panels = made["panels"]

    assert made["uid"] == dashboard.uid
    assert isinstance(made["schemaVersion"], int)
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["type"] in {"row", "timeseries", "stat"}
        refs = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(refs)) == len(refs)
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)
def test_no_panel_lies_upon_another_or_beyond_the_edge(dashboard):
    places = placed(dashboard)

    assert max(place["x"] + place["w"] for place in places) <= 24
    assert [
        (one, other)
        for number, one in enumerate(places)
        for other in places[number + 1 :]
        if overlap(one, other)
    ] == []


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)
def test_a_dashboard_uses_the_variables_that_it_has(dashboard):
    made = json_of(dashboard)
    text = json.dumps(made["panels"])

    declared = {each["name"] for each in made["templating"]["list"]}

    assert "${datasource}" in text
    assert declared == {"datasource", *(["job"] if "$job" in text else [])}


def test_grafana_finds_the_dashboards_and_their_source():
    provisioning = FOLDER.parent / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())
    provider = yaml.safe_load((provisioning / "dashboards" / "parley.yml").read_text())

    assert source["datasources"][0]["type"] == "prometheus"
    assert provider["providers"][0]["options"]["path"] == "/var/lib/grafana/dashboards"
