"""What podman is given of the overlay for development, and that nothing is lost unsaid."""

import base64
import copy

import pytest

from tests.kubernetes import cluster
from tests.kubernetes.losses import NotPlayable
from tests.kubernetes.translation import translated
from tests.unit.k8s import objects
from tests.unit.k8s.objects import OURS

PORT = 18080


@pytest.fixture
def manifests():
    return copy.deepcopy(objects.of_kind("dev"))


def played(manifests):
    return translated(manifests, port=PORT)


def pods(manifests):
    return {pod.name: pod for pod in played(manifests).pods}


def spec(pod):
    """Return what podman is to run."""
    *_, last = pod.documents
    assert last["kind"] == "Pod"
    return last["spec"]


def first(manifests, kind, name):
    """Return one manifest, to change it."""
    return next(
        each for each in manifests if each["kind"] == kind and objects.plain_name(each) == name
    )


def test_a_deployment_is_as_many_pods_as_it_says_and_a_job_is_one_that_ends(manifests):
    found = pods(manifests)

    assert found.keys() == {
        *("chat-1", "chat-2", "gateway-1", "migrate-1", "postgres-1", "presence-1"),
        *("queue-1", "receipts-1", "redis-1"),
    }
    assert [name for name, pod in found.items() if pod.ends] == ["migrate-1"]


def test_every_pod_of_a_service_has_its_name_as_it_stands_and_in_full(manifests):
    found = pods(manifests)

    for name in ("chat-1", "chat-2"):
        assert found[name].names == ["chat", "chat.parley.svc.cluster.local"]
    assert found["migrate-1"].names == []


def test_a_service_whose_port_is_not_its_pods_cannot_be_a_mere_name(manifests):
    first(manifests, "Service", "chat")["spec"]["ports"][0]["port"] = 80

    with pytest.raises(NotPlayable, match="Service chat leads to another port"):
        played(manifests)


@pytest.mark.parametrize("service", OURS)
def test_what_confines_a_pod_is_handed_on_as_it_was_written(manifests, service):
    written = objects.pod(first(manifests, "Deployment", service))

    made = spec(pods(manifests)[f"{service}-1"])

    kept = ("runAsNonRoot", "runAsUser", "runAsGroup")
    assert made["securityContext"] == {key: written["securityContext"][key] for key in kept}
    for part in ("initContainers", "containers"):
        for given, taken in zip(written[part], made[part], strict=True):
            for same in ("image", "command", "envFrom", "securityContext"):
                assert taken[same] == given[same]
            assert taken["resources"] == {"limits": given["resources"]["limits"]}


def test_what_a_pod_names_stands_before_it_and_nothing_else_does(manifests):
    found = pods(manifests)

    named = {
        name: {(each["kind"], objects.plain_name(each)) for each in pod.documents[:-1]}
        for name, pod in found.items()
    }
    assert named["queue-1"] == {("ConfigMap", "parley"), ("ConfigMap", "queue")}
    assert named["gateway-1"] == {("ConfigMap", "gateway")}
    assert named["redis-1"] == {("PersistentVolumeClaim", "redis")}


def test_no_two_pods_have_the_same_folder(manifests):
    volumes = [
        volume["name"] for pod in pods(manifests).values() for volume in spec(pod)["volumes"]
    ]

    assert len(volumes) == len(set(volumes))


def test_a_mount_leads_to_a_volume_of_its_pod(manifests):
    for pod in pods(manifests).values():
        there = {volume["name"] for volume in spec(pod)["volumes"]}
        for container in (*spec(pod).get("initContainers", ()), *spec(pod)["containers"]):
            assert {mount["name"] for mount in container["volumeMounts"]} <= there


def test_secrets_that_are_mounted_together_are_one(manifests):
    play = played(manifests)

    (volume,) = (
        each
        for each in spec(next(pod for pod in play.pods if pod.name == "migrate-1"))["volumes"]
        if "secret" in each
    )
    (made,) = (
        each for each in play.secrets if each["metadata"]["name"] == volume["secret"]["secretName"]
    )
    of_chat = first(manifests, "Secret", "chat")["data"]["database_url"]
    assert made["data"]["chat_database_url"] == of_chat
    assert made["data"].keys() == {
        "postgres_url",
        *(f"{service}_database_url" for service in OURS),
    }


def test_podman_takes_what_a_secret_holds_as_it_is():
    held = base64.b64encode(b"a secret").decode()

    assert '"key": "a secret"' in cluster.told({"kind": "Secret", "data": {"key": held}})


def test_only_the_gateway_is_known_to_this_machine_and_to_no_other(manifests):
    published = {
        name: container["ports"]
        for name, pod in pods(manifests).items()
        for container in spec(pod)["containers"]
        if "ports" in container
    }

    assert published == {
        "gateway-1": [{"containerPort": 8080, "hostPort": PORT, "hostIP": "127.0.0.1"}]
    }


def test_what_stands_for_the_namespace_is_put_in(manifests):
    (container,) = spec(pods(manifests)["gateway-1"])["containers"]

    assert {"name": "DOMAIN", "value": ".parley.svc.cluster.local"} in container["env"]


def test_first_containers_that_have_succeeded_are_not_started_again(manifests):
    assert {spec(pod)["restartPolicy"] for pod in pods(manifests).values()} == {"OnFailure"}


def test_whatever_is_not_handed_on_is_said(manifests):
    said = "\n".join(played(manifests).lost)

    for what in (
        *("Service", "Secret", "NetworkPolicy", "PodDisruptionBudget", "replicas", "ports"),
        *("startupProbe", "lifecycle", "topologySpreadConstraints", "fsGroup", "projected"),
        *("terminationGracePeriodSeconds", "emptyDir.sizeLimit", "requests", "restartPolicy"),
        "initContainers",
    ):
        assert what in said


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (lambda spec: spec["template"]["spec"], "hostNetwork"),
        (lambda spec: spec["template"]["spec"]["securityContext"], "sysctls"),
        (lambda spec: spec["template"]["spec"]["containers"][0], "tty"),
        (lambda spec: spec["template"]["spec"]["containers"][0]["resources"], "claims"),
        (lambda spec: spec, "minReadySeconds"),
    ],
)
def test_what_nobody_has_decided_on_is_refused(manifests, where, what):
    where(first(manifests, "Deployment", "chat")["spec"])[what] = 1

    with pytest.raises(NotPlayable, match=what):
        played(manifests)


def test_a_service_that_does_more_than_lead_to_pods_is_refused(manifests):
    first(manifests, "Service", "chat")["spec"]["sessionAffinity"] = "ClientIP"

    with pytest.raises(NotPlayable, match="sessionAffinity"):
        played(manifests)


def test_a_variable_from_elsewhere_is_refused(manifests):
    (container,) = objects.pod(first(manifests, "Deployment", "gateway"))["containers"]
    container["env"].append({"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "a"}}})

    with pytest.raises(NotPlayable, match="KEY comes from elsewhere"):
        played(manifests)


def test_a_volume_of_another_kind_is_refused(manifests):
    volumes = objects.pod(first(manifests, "Deployment", "chat"))["volumes"]
    volumes.append({"name": "host", "hostPath": {"path": "/"}})

    with pytest.raises(NotPlayable, match="hostPath"):
        played(manifests)


def test_a_kind_that_nobody_has_decided_on_is_refused(manifests):
    manifests.append({"kind": "StatefulSet", "metadata": {"name": "any"}})

    with pytest.raises(NotPlayable, match="StatefulSet"):
        played(manifests)
