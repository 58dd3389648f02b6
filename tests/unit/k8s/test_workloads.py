"""Every pod is confined, asked how it is, and ends before it is killed; no service is ever without."""

import re
import subprocess

import pytest

from dev.k8s.rendering import Manifest
from libs.common.config import EX_CONFIG
from services.chat.api import throttle
from services.chat.domain.departing import STOP_S
from tests.unit.containers import compose
from tests.unit.k8s import objects
from tests.unit.k8s.objects import NAMES, OURS

IMAGE = re.compile(r"[\w./-]+(?::[\w.-]+|@sha256:[0-9a-f]{64})")
AT_REST_MIB, THOUSAND_MIB, PASSWORD_MIB = 115, 28, 100
"""What chat takes with nobody, for a thousand connections, for a password: docs/sizing.md."""
LOOK_CPU_S = 1.1
"""What `migrate --check` takes of a core, as measured by `make k8s-play`'s pods."""
OF_COMPOSE = {"postgres": "POSTGRES_IMAGE", "redis": "REDIS_IMAGE", "gateway": "GATEWAY_IMAGE"}


@pytest.mark.parametrize("variant", NAMES)
def test_every_pod_is_as_restricted_as_pod_security_can_ask_for(variant):
    (namespace,) = objects.of_kind(variant, "Namespace")
    asked = namespace["metadata"]["labels"]

    assert asked["pod-security.kubernetes.io/enforce"] == "restricted"
    for workload in objects.workloads(variant).values():
        security = objects.pod(workload)["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in objects.containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@pytest.mark.parametrize("variant", NAMES)
def test_no_pod_can_ask_the_api_of_the_cluster(variant):
    accounts = {
        each["metadata"]["name"]: each for each in objects.of_kind(variant, "ServiceAccount")
    }

    assert accounts.keys() == objects.workloads(variant).keys()
    for name, workload in objects.workloads(variant).items():
        assert objects.pod(workload)["serviceAccountName"] == name
        assert objects.pod(workload)["automountServiceAccountToken"] is False
        assert accounts[name]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("variant", NAMES)
def test_every_container_asks_for_what_it_needs_and_has_a_bound_of_memory(variant):
    for workload in objects.workloads(variant).values():
        for container in objects.containers(workload):
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert container["resources"]["limits"].keys() == {"memory"}


@pytest.mark.parametrize("variant", NAMES)
def test_every_image_is_a_certain_one(variant):
    images = {
        container["image"]
        for workload in objects.workloads(variant).values()
        for container in objects.containers(workload)
    }

    assert all(IMAGE.fullmatch(image) for image in images)
    assert not any(image.endswith(":latest") for image in images)
    if not variant.startswith("dev"):
        assert all("@sha256:" in image for image in images)


@pytest.mark.parametrize("name", OF_COMPOSE)
def test_development_has_the_images_of_compose(name):
    (image,) = compose.variables()[OF_COMPOSE[name]]

    container = objects.serving(objects.workloads("dev")[name])

    assert container["image"] == f"docker.io/library/{image}"


def test_postgres_is_told_what_it_is_told_in_compose():
    told = objects.serving(objects.workloads("dev")["postgres"])["args"]

    assert told == compose.services()["postgres"]["command"]


def test_redis_is_told_what_it_is_told_in_compose():
    told = objects.serving(objects.workloads("dev")["redis"])["args"]

    assert told == [
        compose.VARIABLE.sub(lambda match: match[3], argument)
        for argument in compose.services()["redis"]["command"]
    ]


@pytest.mark.parametrize("service", OURS)
@pytest.mark.parametrize("variant", NAMES)
def test_a_service_is_asked_at_its_internal_port_how_it_is(variant, service):
    container = objects.serving(objects.workloads(variant)[service])
    asked = {
        probe: container[f"{probe}Probe"]["httpGet"]
        for probe in ("startup", "liveness", "readiness")
    }

    # `/livez` asks no dependency: nobody is restarted because a database is away.
    assert asked == {
        "startup": {"path": "/livez", "port": "internal"},
        "liveness": {"path": "/livez", "port": "internal"},
        "readiness": {"path": "/readyz", "port": "internal"},
    }
    assert objects.ports(objects.workloads(variant)[service]) == {"http": 8000, "internal": 9000}


@pytest.mark.parametrize("variant", NAMES)
def test_databases_are_asked_whether_they_are_ready_and_never_killed_for_being_slow(variant):
    for name in {"postgres", "redis"} & objects.workloads(variant).keys():
        container = objects.serving(objects.workloads(variant)[name])

        assert {"startupProbe", "readinessProbe"} <= container.keys()
        assert "livenessProbe" not in container


@pytest.mark.parametrize("service", [*OURS, "gateway"])
def test_a_new_pod_serves_before_an_old_one_goes(service):
    workload = objects.workloads("dev")[service]

    assert workload["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_never_two_pods_have_the_same_disk(name):
    workload = objects.workloads("dev")[name]

    assert workload["spec"]["strategy"] == {"type": "Recreate"}
    assert workload["spec"]["replicas"] == 1


@pytest.mark.parametrize("variant", NAMES)
def test_a_drain_is_over_before_the_pod_is_killed(variant):
    settings = objects.settings(variant, "chat")
    workload = objects.workloads(variant)["chat"]
    drain_s = float(settings["DRAIN_DELAY_S"]) + float(settings["DRAIN_S"]) + STOP_S
    within_s = float(settings["STOP_WITHIN_S"])

    assert drain_s <= within_s
    assert waits_s(workload) + within_s < objects.pod(workload)["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("service", ["presence", "queue", "receipts"])
@pytest.mark.parametrize("variant", NAMES)
def test_a_service_without_connections_has_as_long_as_in_compose(variant, service):
    workload = objects.workloads(variant)[service]
    within_s = float(compose.services()[service]["stop_grace_period"].removesuffix("s"))

    grace_s = objects.pod(workload)["terminationGracePeriodSeconds"]

    assert waits_s(workload) + within_s <= grace_s


def waits_s(workload: Manifest) -> float:
    """Return how long a pod goes on before it is told to end."""
    program, seconds = objects.serving(workload)["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    return float(seconds)


@pytest.mark.parametrize("variant", NAMES)
def test_chat_asks_for_as_much_memory_as_every_password_at_once_takes(variant):
    container = objects.serving(objects.workloads(variant)["chat"])
    passwords = throttle.HASHES_AT_ONCE + throttle.REGISTRATIONS_AT_ONCE

    asked = int(container["resources"]["requests"]["memory"].removesuffix("Mi"))

    assert asked >= AT_REST_MIB + passwords * PASSWORD_MIB + THOUSAND_MIB


@pytest.mark.parametrize("service", OURS)
@pytest.mark.parametrize("variant", NAMES)
def test_a_pod_that_waits_leaves_those_who_migrate_their_cores(variant, service):
    (waiting,) = objects.pod(objects.workloads(variant)[service])["initContainers"]
    *_, command = waiting["command"]
    (pause_s,) = re.findall(r"sleep (\d+)", command)
    asked = waiting["resources"]["requests"]["cpu"]

    share = LOOK_CPU_S / (LOOK_CPU_S + float(pause_s))

    assert share <= float(asked.removesuffix("m")) / 1000


@pytest.mark.parametrize("variant", NAMES)
def test_chat_outlives_a_pod(variant):
    chat = objects.workloads(variant)["chat"]
    (budget,) = (
        each
        for each in objects.of_kind(variant, "PodDisruptionBudget")
        if each["metadata"]["name"] == "chat"
    )

    assert fewest(variant, chat) >= 2
    assert budget["spec"]["maxUnavailable"] == 1
    assert {each["topologyKey"] for each in objects.pod(chat)["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }


def fewest(variant: str, workload: Manifest) -> int:
    """Return how many pods there are at least."""
    name = workload["metadata"]["name"]
    for scaler in objects.of_kind(variant, "HorizontalPodAutoscaler", "ScaledObject"):
        if scaler["spec"]["scaleTargetRef"]["name"] == name:
            return int(scaler["spec"].get("minReplicas") or scaler["spec"]["minReplicaCount"])
    return int(workload["spec"]["replicas"])


@pytest.mark.parametrize("service", OURS)
@pytest.mark.parametrize("variant", NAMES)
def test_who_scales_a_service_does_it_alone(variant, service):
    scalers = [
        each
        for each in objects.of_kind(variant, "HorizontalPodAutoscaler", "ScaledObject")
        if each["spec"]["scaleTargetRef"]["name"] == service
    ]

    has_a_number = "replicas" in objects.workloads(variant)[service]["spec"]

    assert len(scalers) + has_a_number == 1


@pytest.mark.parametrize("service", sorted(OURS))
def test_a_pod_whose_settings_are_wrong_says_so_and_does_not_wait_for_migrations(tmp_path, service):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexit {EX_CONFIG}\n")
    python.chmod(0o755)
    (waiting,) = objects.pod(objects.workloads("production")[service])["initContainers"]
    around = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    ended = subprocess.run(waiting["command"], env=around, check=False, timeout=5)

    assert ended.returncode == EX_CONFIG
