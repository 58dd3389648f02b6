"""Whoever scales or warns goes by metrics that there are."""

import json

import pytest
import yaml

from dev.k8s import rules
from dev.monitoring.dashboards.grafana import FOLDER
from dev.settings import ROOT
from tests.unit.docs.test_settings import variables_of
from tests.unit.k8s import objects
from tests.unit.k8s.objects import NAMES, OURS
from tests.unit.monitoring.queries import known_series, series_in

WATCHED = objects.having("monitoring")
SURGE = 1
"""Pods more of each service while a new version comes."""
BESIDE_THREADS = 2
"""Connections of a process besides its threads': the writer's of chat, those of Web Push."""
FOR_OTHERS = 30
"""Of PostgreSQL's connections, those for migrations, backups, replicas and whoever looks after it."""


def test_rules_for_the_operator_are_those_of_prometheus():
    assert rules.WRITTEN.read_text(encoding="utf-8") == rules.text()


@pytest.mark.parametrize("variant", WATCHED)
def test_every_rule_is_there_for_the_operator(variant):
    there = [
        group["name"]
        for each in objects.of_kind(variant, "PrometheusRule")
        for group in each["spec"]["groups"]
    ]
    written = [
        group["name"]
        for file in (ROOT / "monitoring" / "prometheus" / "rules").glob("*.yml")
        for group in yaml.safe_load(file.read_text())["groups"]
    ]

    assert sorted(there) == sorted(written)


@pytest.mark.parametrize("variant", WATCHED)
def test_every_dashboard_is_there_for_grafana(variant):
    there = [
        json.loads(text)
        for each in objects.of_kind(variant, "ConfigMap")
        if (each["metadata"].get("labels") or {}).get("grafana_dashboard") == "1"
        for text in each["data"].values()
    ]

    written = [json.loads(file.read_text()) for file in FOLDER.glob("*.json")]

    assert sorted(each["uid"] for each in there) == sorted(each["uid"] for each in written)


@pytest.mark.parametrize("variant", NAMES)
def test_whoever_scales_goes_by_what_is_measured(variant):
    asked = set()
    for scaler in objects.of_kind(variant, "HorizontalPodAutoscaler"):
        for metric in scaler["spec"]["metrics"]:
            if metric["type"] == "Pods":
                asked.add(metric["pods"]["metric"]["name"])
    for scaler in objects.of_kind(variant, "ScaledObject"):
        for trigger in scaler["spec"]["triggers"]:
            assert trigger["metadata"]["serverAddress"].startswith("http")
            asked |= series_in(trigger["metadata"]["query"])

    assert asked - known_series() == set()
    assert asked or not objects.of_kind(variant, "HorizontalPodAutoscaler", "ScaledObject")


@pytest.mark.parametrize("variant", NAMES)
def test_whoever_scales_by_a_share_of_cpu_scales_who_asks_for_cpu(variant):
    scaled = {
        scaler["spec"]["scaleTargetRef"]["name"]
        for scaler in objects.of_kind(variant, "HorizontalPodAutoscaler", "ScaledObject")
    }

    assert scaled in (set(), set(OURS))
    for name in scaled:
        assert objects.serving(objects.workloads(variant)[name])["resources"]["requests"]["cpu"]


@pytest.mark.parametrize("variant", NAMES)
def test_another_pod_of_chat_comes_before_one_is_full(variant):
    most = int(objects.settings(variant, "chat")["CONNECTIONS"])
    for scaler in objects.of_kind(variant, "HorizontalPodAutoscaler"):
        for metric in scaler["spec"]["metrics"]:
            if metric["type"] == "Pods":
                assert int(metric["pods"]["target"]["averageValue"]) <= most / 2
    for scaler in objects.of_kind(variant, "ScaledObject"):
        for trigger in scaler["spec"]["triggers"]:
            if "parley_sockets" in trigger["metadata"]["query"]:
                assert int(trigger["metadata"]["threshold"]) <= most / 2


@pytest.mark.parametrize("variant", NAMES)
def test_a_lag_is_that_of_the_service_which_is_scaled_by_it(variant):
    for scaler in objects.of_kind(variant, "ScaledObject"):
        name = scaler["metadata"]["name"]
        queries = " ".join(trigger["metadata"]["query"] for trigger in scaler["spec"]["triggers"])

        assert f'job="{name}"' in queries
        assert ("parley_group_lag_entries" in queries) == (name != "chat")
        assert not [other for other in OURS if f'group="{other}"' in queries and other != name]


@pytest.mark.parametrize("variant", ["dev", "cloudnative-pg"])
def test_postgres_has_connections_for_as_many_processes_as_there_may_be(variant):
    needed = sum(
        (most(variant, service) + SURGE) * (threads(variant, service) + BESIDE_THREADS)
        for service in OURS
    )

    assert needed <= max_connections(variant) - FOR_OTHERS


def most(variant, service):
    """Return how many pods of a service there may be."""
    for scaler in objects.of_kind(variant, "HorizontalPodAutoscaler", "ScaledObject"):
        if scaler["spec"]["scaleTargetRef"]["name"] == service:
            return scaler["spec"].get("maxReplicas") or scaler["spec"]["maxReplicaCount"]
    return objects.workloads(variant)[service]["spec"]["replicas"]


def threads(variant, service):
    """Return how many threads of a pod have a connection each."""
    default = variables_of(service)["DATABASE_THREADS"].strip("`")
    return int(objects.settings(variant, service).get("DATABASE_THREADS", default))


def max_connections(variant):
    """Return how many PostgreSQL takes."""
    for cluster in objects.of_kind(variant, "Cluster"):
        return int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    arguments = objects.serving(objects.workloads(variant)["postgres"])["args"]
    (found,) = (each for each in arguments if each.startswith("-cmax_connections="))
    return int(found.partition("=")[2])
