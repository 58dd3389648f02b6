"""A service is down: Prometheus notices, Alertmanager tells, and tells when it is over."""

import json

import pytest
import yaml

from dev.harness import wait_until
from dev.monitoring.scraping import FOLDER, RULES, WATCHED, scraping
from dev.monitoring.servers import running_alertmanager, running_prometheus
from tests.integration.monitoring.webhook import running_webhook
from tests.promtool import needs_prometheus

pytestmark = [needs_prometheus, pytest.mark.timeout(300)]

WITHIN_S = 60.0


def impatient_rules(folder):
    """The rules as they are, but that nothing has to last before it is told."""
    folder.mkdir()
    for path in RULES.glob("*.yml"):
        rules = yaml.safe_load(path.read_text())
        for rule in (rule for group in rules["groups"] for rule in group["rules"]):
            rule.pop("for", None)
        (folder / path.name).write_text(json.dumps(rules))
    return folder


def impatient_telling(url):
    """Alertmanager's configuration as it is, to this address and without its pauses.

    The address stands in it, because 0.25 does not read it from a file yet.
    """
    told = yaml.safe_load((FOLDER / "alertmanager" / "alertmanager.yml").read_text())
    for route in (told["route"], *told["route"]["routes"]):
        route.update(group_wait="1s", group_interval="1s")
    (webhook,) = told["receivers"][0]["webhook_configs"]
    del webhook["url_file"]
    webhook["url"] = url
    return told


@pytest.fixture
def webhook(world, tmp_path):
    """What is told of the suite, from the rules to the one who is to be woken up.

    Prometheus has seen all services answer.
    """
    rules = impatient_rules(tmp_path / "rules")
    with (
        running_webhook() as webhook,
        running_alertmanager(tmp_path / "am", impatient_telling(webhook.url)) as alertmanager,
        running_prometheus(
            tmp_path / "prometheus",
            scraping(world.suite.state, rules=rules, alertmanager=alertmanager),
        ) as prometheus,
    ):
        wait_until(
            lambda: prometheus.ask("count(job:parley_up:sum > 0)") == [({}, len(WATCHED))],
            what="all services to be seen",
        )
        webhook.alerts.clear()
        yield webhook


def test_somebody_is_told_that_a_service_is_down_and_that_it_is_back(world, webhook):
    down = {"alertname": "ServiceDown", "job": "queue"}

    def told(status):
        return webhook.find(status=status, **down) is not None

    with world.suite.stopped("queue"):
        wait_until(lambda: told("firing"), within_s=WITHIN_S, what="the alert")
    wait_until(lambda: told("resolved"), within_s=WITHIN_S, what="its end")

    alert = webhook.find(status="firing", **down)
    assert alert["labels"]["severity"] == "page"
    assert alert["annotations"] == {
        "summary": "No process of queue answers",
        "runbook": "docs/runbooks/ServiceDown.md",
        "dashboard": "/d/parley-overview",
    }
