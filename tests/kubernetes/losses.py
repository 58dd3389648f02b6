"""What becomes of each field of our manifests where podman plays them: handed on, or lost, and how.

What stands in none of these tables is refused, so the list of losses is whole.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

OTHER_KINDS = {
    "Namespace": "it has one namespace, and no Pod Security that would refuse a pod",
    "ServiceAccount": "there is no API that anybody could ask",
    "PodDisruptionBudget": "nobody empties a node",
    "NetworkPolicy": "rules of nft in each pod's network instead, made from them",
}
"""Kinds that are not played, and what that means."""
OF_POD = {
    "serviceAccountName": OTHER_KINDS["ServiceAccount"],
    "automountServiceAccountToken": OTHER_KINDS["ServiceAccount"],
    "enableServiceLinks": "it sets no variables for Services anyway",
    "terminationGracePeriodSeconds": "whoever ends a pod here says how long it may take",
    "dnsConfig": "names are asked for as they stand",
    "topologySpreadConstraints": "there is one node",
}
OF_POD_SECURITY = {
    **dict.fromkeys(
        ("fsGroup", "fsGroupChangePolicy"),
        "a volume belongs to the user of the first container that mounts it",
    ),
    "seccompProfile": "podman's own profile, which is its RuntimeDefault",
}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
OF_CONTAINER = {
    **dict.fromkeys(PROBES, "asked from this program, as kubelet would; nothing follows from them"),
    "lifecycle": "no preStop: a pod that ends gets SIGTERM at once",
}
OF_RESOURCES = {"requests": "one node has what there is: only limits hold"}
OF_SECRET = {"defaultMode": "files of a Secret belong to root, mode 0644"}
KEPT_OF_POD = {"containers", "initContainers", "restartPolicy", "securityContext", "volumes"}
KEPT_OF_POD_SECURITY = {"runAsNonRoot", "runAsUser", "runAsGroup"}
KEPT_OF_CONTAINER = {
    *("name", "image", "command", "args", "env", "envFrom"),
    *("ports", "resources", "securityContext", "volumeMounts"),
}
OF_JOB = dict.fromkeys(
    ("backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"),
    "a Job is a pod that is started again until it succeeds",
)
OF_DEPLOYMENT = dict.fromkeys(
    ("replicas", "strategy", "revisionHistoryLimit", "selector"),
    "a Deployment is so many pods, of which nobody makes another one",
)


class NotPlayable(Exception):
    """A manifest has something of which nobody has decided what becomes of it."""


@dataclass
class Losses:
    """What is lost by the translation: where, by what."""

    found: dict[str, dict[str, None]] = field(default_factory=dict)

    def note(self, sentence: str, what: str) -> None:
        """Note that something is not as it was written."""
        self.found.setdefault(sentence, {})[what] = None

    def sentences(self) -> list[str]:
        """Return one for each loss."""
        return [f"{', '.join(what)}: {sentence}" for sentence, what in self.found.items()]

    def kept(
        self, where: str, given: Mapping[str, Any], kept: Iterable[str], lost: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the fields that are kept, and note those that are lost.

        Raises:
            NotPlayable: there is a field of which nobody has decided.
        """
        unknown = given.keys() - {*kept} - lost.keys()
        if unknown:
            raise NotPlayable(f"{where}: nobody knows what becomes of {', '.join(sorted(unknown))}")
        for key in given:
            if key in lost:
                self.note(lost[key], key)
        return {key: deepcopy(value) for key, value in given.items() if key in {*kept}}
