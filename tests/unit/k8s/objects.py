"""What a cluster would get, and who is who in it."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from dev.k8s.rendering import KUSTOMIZATION, OVERLAYS, Manifest, render_all
from dev.k8s.variants import COMPONENTS, VARIANTS, Variant, changed
from dev.services import SERVICES
from dev.settings import ROOT
from tests.kubernetes.selecting import is_selected

NAMES = [variant.name for variant in VARIANTS]
OURS = [service.name for service in SERVICES]
NAME = "app.kubernetes.io/name"
WORKLOADS = {"Deployment", "Job"}


def components_of(variant: Variant) -> set[str]:
    """Return the components that a variant names, without rendering it."""
    text = (ROOT / OVERLAYS / variant.overlay / KUSTOMIZATION).read_text()
    return {
        path.removeprefix(COMPONENTS)
        for path in changed(yaml.safe_load(text), variant)["components"]
    }


def having(component: str) -> list[str]:
    """Return the names of the variants that have a component."""
    return [variant.name for variant in VARIANTS if component in components_of(variant)]


@functools.cache
def _manifests(variant: str) -> list[Manifest]:
    (rendered,) = render_all([each for each in VARIANTS if each.name == variant])
    return list(rendered.manifests)


def of_kind(variant: str, *kinds: str) -> list[Manifest]:
    """Return the objects of some kinds, or all where none is named."""
    return [each for each in _manifests(variant) if not kinds or each["kind"] in kinds]


def named(variant: str, kind: str, name: str) -> Manifest:
    """Return one object; what comes behind a generated name is not asked for."""
    (found,) = (each for each in of_kind(variant, kind) if plain_name(each) == name)
    return found


def plain_name(manifest: Manifest) -> str:
    """Return the name without the digest that a generator puts behind it."""
    name: str = manifest["metadata"]["name"]
    head, _, digest = name.rpartition("-")
    is_generated = manifest["kind"] in {"ConfigMap", "Secret"} and len(digest) == 10
    return head if is_generated else name


def workloads(variant: str) -> dict[str, Manifest]:
    """Return whatever has pods, by name."""
    return {each["metadata"]["name"]: each for each in of_kind(variant, *WORKLOADS)}


def template(workload: Manifest) -> dict[str, Any]:
    """Return the template of its pods."""
    found: dict[str, Any] = workload["spec"]["template"]
    return found


def pod(workload: Manifest) -> dict[str, Any]:
    """Return what its pods are to be."""
    found: dict[str, Any] = template(workload)["spec"]
    return found


def labels(workload: Manifest) -> dict[str, str]:
    """Return the labels of its pods."""
    found: dict[str, str] = template(workload)["metadata"]["labels"]
    return found


def containers(workload: Manifest) -> Iterator[dict[str, Any]]:
    """Yield all containers of its pods, those that only begin included."""
    yield from pod(workload).get("initContainers", ())
    yield from pod(workload)["containers"]


def serving(workload: Manifest) -> dict[str, Any]:
    """Return its one container that serves."""
    (found,) = pod(workload)["containers"]
    return dict(found)


def ports(workload: Manifest) -> dict[str, int]:
    """Return the ports of its pods by name."""
    return {
        port["name"]: port["containerPort"]
        for container in containers(workload)
        for port in container.get("ports", ())
    }


def selected(variant: str, selector: Mapping[str, Any]) -> set[str]:
    """Return the names of the workloads whose pods a selector selects."""
    return {
        name for name, each in workloads(variant).items() if is_selected(selector, labels(each))
    }


def settings(variant: str, service: str) -> dict[str, str]:
    """Return the variables that a service gets from its ConfigMaps."""
    found: dict[str, str] = {}
    for source in serving(workloads(variant)[service])["envFrom"]:
        name = source["configMapRef"]["name"]
        (config,) = (
            each for each in of_kind(variant, "ConfigMap") if each["metadata"]["name"] == name
        )
        found |= config["data"]
    return found
