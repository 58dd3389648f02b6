"""The documents of one pod, as `podman kube play` of Debian 12 (4.3.1) takes them.

There a Secret's `optional` has to be said, an emptyDir is a volume that all pods share by its name, and
first containers are started again like others.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from dev.k8s.rendering import Manifest
from tests.kubernetes.losses import (
    KEPT_OF_CONTAINER,
    KEPT_OF_POD,
    KEPT_OF_POD_SECURITY,
    OF_CONTAINER,
    OF_POD,
    OF_POD_SECURITY,
    OF_RESOURCES,
    OF_SECRET,
    Losses,
    NotPlayable,
)

LOCALHOST = "127.0.0.1"
ON_FAILURE = "OnFailure"


@dataclass(frozen=True)
class Sources:
    """What manifests name: by kind and name."""

    by_name: Mapping[tuple[str, str], Manifest]

    def get(self, kind: str, name: str) -> Manifest:
        """Return an object.

        Raises:
            NotPlayable: there is none of that name.
        """
        if (kind, name) not in self.by_name:
            raise NotPlayable(f"there is no {kind} {name}")
        return self.by_name[kind, name]


@dataclass(frozen=True)
class Builder:
    """Makes the documents of one pod.

    Attributes:
        pod: its name.
        workload: the Deployment or Job that it is of.
        sources: what it may name.
        secrets: those that podman is to have; what is mounted together is added.
        losses: what becomes otherwise.
    """

    pod: str
    workload: Manifest
    sources: Sources
    secrets: dict[str, Manifest]
    losses: Losses

    def documents(self, port: int | None) -> list[Manifest]:
        """Return the pod, behind the ConfigMaps and claims that it names.

        Args:
            port: of this machine, on 127.0.0.1, that leads to the one named http; None for none.

        Raises:
            NotPlayable: there is something that nobody has decided on.
        """
        template = self.workload["spec"]["template"]
        written = template["spec"]
        spec = self.losses.kept(self.pod, written, KEPT_OF_POD, OF_POD)
        spec["securityContext"] = self.losses.kept(
            f"{self.pod}'s securityContext",
            written["securityContext"],
            KEPT_OF_POD_SECURITY,
            OF_POD_SECURITY,
        )
        for part in ("initContainers", "containers"):
            if part in written:
                spec[part] = [self._container(each, port) for each in written[part]]
        if "initContainers" in written:
            self.losses.note("once, and not again where their pod comes back", "initContainers")
        if "restartPolicy" not in written:
            spec["restartPolicy"] = ON_FAILURE
            self.losses.note(
                "OnFailure: podman would also start first containers again that have succeeded",
                "restartPolicy",
            )
        spec["volumes"] = [self._volume(each) for each in written.get("volumes", ())]
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            for mount in container.get("volumeMounts", ()):
                mount["name"] = self._own(mount["name"])
        made = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.pod, "labels": template["metadata"]["labels"]},
            "spec": spec,
        }
        return [*self._named(spec), made]

    def _own(self, volume: str) -> str:
        """Return the name of a volume of this pod: podman has them all in one place."""
        return f"{self.pod}-{volume}"

    def _named(self, spec: Mapping[str, Any]) -> list[Manifest]:
        """Return the ConfigMaps and claims that a pod names."""
        names = {
            ("ConfigMap", source["configMapRef"]["name"])
            for container in [*spec.get("initContainers", ()), *spec["containers"]]
            for source in container.get("envFrom", ())
        }
        for volume in spec["volumes"]:
            if "configMap" in volume:
                names.add(("ConfigMap", volume["configMap"]["name"]))
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                names.add(("PersistentVolumeClaim", claim))
        return [self.sources.get(kind, name) for kind, name in sorted(names)]

    def _container(self, written: Mapping[str, Any], port: int | None) -> dict[str, Any]:
        where = f"{self.pod}'s {written['name']}"
        made = self.losses.kept(where, written, KEPT_OF_CONTAINER, OF_CONTAINER)
        made["env"] = self._environment(written.get("env", ()))
        made["resources"] = self.losses.kept(where, written["resources"], {"limits"}, OF_RESOURCES)
        if made.pop("ports", ()):
            self.losses.note("not published, but for the gateway's, on 127.0.0.1", "ports")
        if port is not None:
            (http,) = (each for each in written["ports"] if each["name"] == "http")
            made["ports"] = [
                {"containerPort": http["containerPort"], "hostPort": port, "hostIP": LOCALHOST}
            ]
        return made

    def _environment(self, written: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
        """Return the variables with what podman does not put in by itself."""
        known: dict[str, str] = {}
        for each in written:
            if "valueFrom" in each:
                if each["valueFrom"] != {"fieldRef": {"fieldPath": "metadata.namespace"}}:
                    raise NotPlayable(f"{self.pod}: {each['name']} comes from elsewhere")
                value = self.workload["metadata"]["namespace"]
                self.losses.note("what they stand for is put in beforehand", "fieldRef")
            else:
                value = each["value"]
            for name, found in known.items():
                value = value.replace(f"$({name})", found)
            known[each["name"]] = value
        return [{"name": name, "value": value} for name, value in known.items()]

    def _volume(self, written: Mapping[str, Any]) -> dict[str, Any]:
        (how,) = written.keys() - {"name"}
        what = written[how]
        made = {"name": self._own(written["name"])}
        if how == "emptyDir":
            for key in what:
                self.losses.note("a folder on the disk, of any size", f"emptyDir.{key}")
            return {**made, "emptyDir": {}}
        if how == "secret":
            kept = self.losses.kept(made["name"], what, {"secretName"}, OF_SECRET)
            return {**made, "secret": {**kept, "optional": False}}
        if how == "projected":
            return {**made, "secret": {"secretName": self._projected(written), "optional": False}}
        if how in {"configMap", "persistentVolumeClaim"}:
            return {**made, how: deepcopy(what)}
        raise NotPlayable(f"{self.pod}: nobody knows what becomes of a volume {how}")

    def _projected(self, written: Mapping[str, Any]) -> str:
        """Make one Secret of those that are mounted together, and return its name."""
        where = f"{self.pod}-{written['name']}"
        projected = self.losses.kept(where, written["projected"], {"sources"}, OF_SECRET)
        self.losses.note("one Secret made of several", "projected")
        data: dict[str, str] = {}
        for source in projected["sources"]:
            if source.keys() != {"secret"}:
                raise NotPlayable(f"{self.pod}: a projected volume of {', '.join(source)}")
            held = self.sources.get("Secret", source["secret"]["name"])["data"]
            items = source["secret"].get("items", [{"key": key, "path": key} for key in held])
            data |= {item["path"]: held[item["key"]] for item in items}
        name = f"{self.workload['metadata']['name']}-{written['name']}"
        self.secrets[name] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "data": data,
        }
        return name
