"""Rendered manifests as pods for `podman kube play`, and what is lost by that: a pure function."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dev.k8s.rendering import Manifest
from tests.kubernetes.documents import Builder, Sources
from tests.kubernetes.losses import (
    OF_DEPLOYMENT,
    OF_JOB,
    OTHER_KINDS,
    Losses,
    NotPlayable,
)

CLUSTER = "svc.cluster.local"
PUBLISHED = "gateway"
"""Whose port `kubectl port-forward` would make known on this machine."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """One pod.

    Attributes:
        workload: the Deployment or Job that it is of.
        labels: of the pod.
        names: under which others find it; several pods may have the same.
        ends: whether it does something once.
        template: its containers as they were written, with their probes.
        documents: for `podman kube play`, in one file.
    """

    name: str
    workload: str
    labels: Mapping[str, str]
    names: Sequence[str]
    ends: bool
    template: Mapping[str, Any]
    documents: Sequence[Manifest]


@dataclass(frozen=True, kw_only=True)
class Play:
    """What is to be played.

    Attributes:
        secrets: to be made before any pod, as JSON of the whole object.
        lost: sentences.
    """

    secrets: Sequence[Manifest]
    pods: Sequence[Pod]
    lost: Sequence[str]


def translated(manifests: Sequence[Manifest], *, port: int) -> Play:
    """Return what is to be played.

    Args:
        manifests: of one namespace.
        port: of this machine, on 127.0.0.1, that leads to the gateway.

    Raises:
        NotPlayable: there is something that nobody has decided on.
    """
    losses = Losses()
    sources = Sources({(each["kind"], each["metadata"]["name"]): each for each in manifests})
    secrets = {each["metadata"]["name"]: each for each in of_kind(manifests, "Secret")}
    if secrets:
        losses.note("made beforehand, whole, by `podman secret create`", "Secret")
    pods = []
    for each in manifests:
        kind = each["kind"]
        if kind in {"Deployment", "Job"}:
            pods += _pods(each, sources, secrets, losses, port)
        elif kind in OTHER_KINDS:
            losses.note(OTHER_KINDS[kind], kind)
        elif kind not in {"ConfigMap", "Secret", "Service", "PersistentVolumeClaim"}:
            raise NotPlayable(f"nobody knows what becomes of {kind}")
    return Play(secrets=list(secrets.values()), pods=pods, lost=losses.sentences())


def of_kind(manifests: Iterable[Manifest], kind: str) -> list[Manifest]:
    """Return the objects of a kind."""
    return [each for each in manifests if each["kind"] == kind]


def _pods(
    workload: Manifest,
    sources: Sources,
    secrets: dict[str, Manifest],
    losses: Losses,
    port: int,
) -> list[Pod]:
    name, spec = workload["metadata"]["name"], workload["spec"]
    ends = workload["kind"] == "Job"
    of_workload = OF_JOB if ends else OF_DEPLOYMENT
    losses.kept(f"{workload['kind']} {name}", spec, {"template"}, of_workload)
    labels = spec["template"]["metadata"]["labels"]
    made = []
    for number in range(1, int(spec.get("replicas", 1)) + 1):
        pod = f"{name}-{number}"
        builder = Builder(pod, workload, sources, secrets, losses)
        made.append(
            Pod(
                name=pod,
                workload=name,
                labels=labels,
                names=_names(workload, labels, sources, losses),
                ends=ends,
                template=spec["template"]["spec"],
                documents=builder.documents(port if name == PUBLISHED else None),
            )
        )
    return made


def _names(
    workload: Manifest, labels: Mapping[str, str], sources: Sources, losses: Losses
) -> list[str]:
    """Return the names of the Services that lead to a pod."""
    found = []
    for (kind, name), service in sources.by_name.items():
        selector = service["spec"].get("selector", {}) if kind == "Service" else {}
        if not selector or not selector.items() <= labels.items():
            continue
        containers = workload["spec"]["template"]["spec"]["containers"]
        listening = {
            port["name"]: port["containerPort"]
            for container in containers
            for port in container.get("ports", ())
        }
        given = losses.kept(f"Service {name}", service["spec"], {"selector", "ports"}, {})
        for port in given["ports"]:
            if listening.get(port["targetPort"], port["targetPort"]) != port["port"]:
                raise NotPlayable(f"Service {name} leads to another port than its own")
        found += [name, f"{name}.{workload['metadata']['namespace']}.{CLUSTER}"]
        losses.note("a name of all its pods, also of those that are not ready", "Service")
    return found
