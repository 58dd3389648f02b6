import re

import pytest
import yaml

from dev.monitoring.dashboards import DASHBOARDS
from dev.monitoring.scraping import FOLDER
from tests.promtool import needs_prometheus, promtool
from tests.unit.docs import pages
from tests.unit.monitoring.queries import known_series, rules, series_in

PROMETHEUS = FOLDER / "prometheus"
TRIED = PROMETHEUS / "tests"
ALERTS = {str(rule["alert"]): rule for rule in rules("alerts")}
PARTS = ("**People notice:**", "**Why:**", "**Look at:**", "**Do:**", "**It is over**")


def test_every_alert_has_a_runbook_and_every_runbook_its_alert():
    books = {page.stem for page in (pages.DOCS / "runbooks").glob("*.md")}

    assert books == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_what_is_the_matter_and_where_to_read(name):
    rule = ALERTS[name]

    assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert set(rule["annotations"]) == {"summary", "runbook", "dashboard"}
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{name}.md"


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_names_the_dashboard_of_its_alert_and_panels_that_are_there(name):
    address = ALERTS[name]["annotations"]["dashboard"]
    (dashboard,) = [each for each in DASHBOARDS if f"/d/{each.uid}" == address]
    text = (pages.DOCS / "runbooks" / f"{name}.md").read_text()

    (line,) = re.findall(rf"^\* dashboard \*{dashboard.title}\*: (.+(?:\n  .+)*)$", text, re.M)

    named = {re.sub(r"\s+", " ", each) for each in re.findall(r"\*([^*]+)\*", line)}
    assert named
    assert named - {panel.title for panel in dashboard.panels} == set()


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_says_what_is_noticed_why_where_to_look_what_to_do_and_when_it_is_over(name):
    text = (pages.DOCS / "runbooks" / f"{name}.md").read_text()

    places = [text.find(part) for part in PARTS]

    assert text.startswith(f"# {name}\n")
    assert -1 not in places
    assert places == sorted(places)


def test_a_runbook_names_no_metric_that_there_is_not():
    known = known_series() | {name.removesuffix("_bucket") for name in known_series()}
    books = (pages.DOCS / "runbooks").glob("*.md")

    named = {word for book in books for word in re.findall(r"\bparley[_:][\w:]+", book.read_text())}

    assert named - known == set()


def test_an_alert_is_tried_where_it_fires_and_where_it_is_silent():
    tried = {
        path.stem: [
            len(each["exp_alerts"]) > 0
            for test in yaml.safe_load(path.read_text())["tests"]
            for each in test["alert_rule_test"]
            if each["alertname"] == path.stem
        ]
        for path in TRIED.glob("*.yml")
    }

    assert tried.keys() == ALERTS.keys()
    assert {name: fires for name, fires in tried.items() if fires[:1] != [True]} == {}
    assert {name: fires for name, fires in tried.items() if set(fires[1:]) != {False}} == {}


@pytest.mark.parametrize("name", ["recording", "alerts"])
def test_a_rule_asks_for_nothing_that_there_is_not(name):
    asked = {series for rule in rules(name) for series in series_in(str(rule["expr"]))}

    assert asked - known_series() == set()


def test_what_is_recorded_is_asked_for_by_somebody():
    recorded = {str(rule["record"]) for rule in rules("recording")}
    texts = [path.read_text() for path in FOLDER.rglob("*.json")]
    texts.append((PROMETHEUS / "rules" / "alerts.yml").read_text())
    texts += [str(rule["expr"]) for rule in rules("recording")]

    assert {name for name in recorded if not any(name in text for text in texts)} == set()


def test_the_name_of_a_series_is_found_in_a_query():
    query = 'sum by (job) (rate(parley_a_total{b="parley_c"}[5m])) / on (job) job:parley_d:sum'

    assert series_in(query) == {"parley_a_total", "job:parley_d:sum"}


@needs_prometheus
@pytest.mark.timeout(240)
def test_every_alert_fires_and_is_silent_as_its_tests_say():
    files = sorted(path.name for path in TRIED.glob("*.yml"))

    told = promtool("test", "rules", *files, folder=TRIED)

    assert sum("SUCCESS" in line for line in told) == len(files)


@needs_prometheus
def test_the_configuration_of_prometheus_is_right():
    promtool("check", "config", "--lint-fatal", "prometheus.yml", folder=PROMETHEUS)


def test_alerts_that_are_held_back_for_others_exist():
    text = (FOLDER / "alertmanager" / "alertmanager.yml").read_text()
    matchers = [
        matcher
        for rule in yaml.safe_load(text)["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
    ]

    named = re.findall(r'alertname(?:!?=~?)"([\w|]+)"', " ".join(matchers))

    assert {name for names in named for name in names.split("|")} <= set(ALERTS)
