"""Foreign tools that look at rendered manifests, each in an environment of its own.

* kubernetes-validate: strict schemas of each Kubernetes that we say we run on. It knows no object that
  an operator brings, such as an HTTPRoute.
* ``schemas/judge.mjs``: those, by the types that their projects publish.
* checkov: whether what is written is hardened.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from dev import web
from dev.bootstrap import CHECKOV, K8S
from dev.errors import CannotStart
from dev.k8s.rendering import Manifest, Rendered
from dev.settings import environment

VERSIONS = tuple(f"1.{minor}" for minor in range(29, 38))
OF_OPERATORS = frozenset(
    {
        "gateway.networking.k8s.io/v1",
        "keda.sh/v1alpha1",
        "monitoring.coreos.com/v1",
        "postgresql.cnpg.io/v1",
        "external-secrets.io/v1",
    }
)
"""Groups that are not Kubernetes' own."""
WAIVED = {
    "CKV_K8S_11": "no CPU limit: a throttled event loop delays everybody; what is asked for is shared",
}
"""Checks of checkov that do not hold, and why."""
WAIVED_IN_DEVELOPMENT = {
    "CKV_K8S_8": "a database is not restarted because it answers late",
    "CKV_K8S_15": "pulled always: what was built a moment ago is nowhere else",
    "CKV_K8S_40": "user ids: those of the official images of PostgreSQL, Redis and HAProxy",
    "CKV_K8S_43": "by digest: what was built a moment ago has another one each time",
}
"""Likewise, of ``overlays/dev`` alone."""
DEVELOPMENT = "dev"


def once(rendered: Iterable[Rendered], *, of_operators: bool) -> list[Manifest]:
    """Return every object once, however many variants have it alike.

    Args:
        rendered: the variants.
        of_operators: those that an operator brings, or those of Kubernetes' own.
    """
    found = {
        json.dumps(manifest, sort_keys=True): manifest
        for each in rendered
        for manifest in each.manifests
        if (manifest["apiVersion"] in OF_OPERATORS) == of_operators
    }
    return list(found.values())


def judged_by_schemas(
    manifests: Sequence[Manifest], versions: Sequence[str] = VERSIONS
) -> list[str]:
    """Return what is wrong with objects, for any of these Kubernetes; nothing where all is well."""
    options = [part for version in versions for part in ("-k", version)]
    with tempfile.TemporaryDirectory(prefix="parley-k8s-") as name:
        file = Path(name) / "manifests.yaml"
        file.write_text(yaml.dump_all(manifests, Dumper=yaml.CSafeDumper), encoding="utf-8")
        # Warnings are kept: an object that nobody has a schema of was not judged.
        done = _run(K8S, "kubernetes_validate", *options, "--strict", "--quiet", str(file))
    said = (done.stdout + done.stderr).replace(f"{file} ", "").splitlines()
    return said or ([f"ended with {done.returncode}"] if done.returncode else [])


def judged_by_types(manifests: Sequence[Manifest]) -> list[str]:
    """Return what is wrong with objects that operators bring.

    Raises:
        CannotStart: npm failed, or Node.
    """
    web.install(web.MODELS)
    done = subprocess.run(
        ["node", "judge.mjs"],  # noqa: S607 - the one that npm_environment finds
        cwd=web.MODELS,
        env=web.npm_environment(),
        input=json.dumps(manifests),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotStart(done.stderr.strip())
    return done.stdout.splitlines()


def judged_by_checkov(overlay: str, manifests: Sequence[Manifest]) -> list[str]:
    """Return which of checkov's checks the objects of an overlay fail, beside those that are waived.

    Raises:
        ValueError: it did not judge anything, or said something that is no answer.
    """
    waived = ",".join(waivers(overlay))
    with tempfile.TemporaryDirectory(prefix="parley-k8s-") as name:
        file = Path(name) / f"{overlay}.yaml"
        file.write_text(yaml.dump_all(manifests, Dumper=yaml.CSafeDumper), encoding="utf-8")
        done = _run(
            CHECKOV,
            "checkov.main",
            *("--file", str(file), "--framework", "kubernetes", "--skip-check", waived),
            *("--skip-download", "--compact", "--quiet", "--output", "json"),
        )
    return failures(done.stdout)


def waivers(overlay: str) -> Mapping[str, str]:
    """Return which checks of checkov do not hold for an overlay, and why."""
    return WAIVED | WAIVED_IN_DEVELOPMENT if overlay == DEVELOPMENT else WAIVED


def failures(output: str) -> list[str]:
    """Read checkov's JSON.

    Raises:
        ValueError: nothing was judged.
    """
    answer: Mapping[str, Any] = json.loads(output)
    if not answer.get("summary", {}).get("passed"):
        raise ValueError("checkov judged nothing")
    failed = answer.get("results", {}).get("failed_checks", [])
    return [f"{each['check_id']} {each['resource']}: {each['check_name']}" for each in failed]


def _run(place: Path, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**environment(), "PYTHONPATH": os.fspath(place)},
        capture_output=True,
        text=True,
        check=False,
    )
