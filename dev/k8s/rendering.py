"""Kubernetes objects as `kubectl kustomize` makes them, offline.

A copy of the sources is rendered: it gets secrets of its own, and combinations that no overlay has.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dev.bootstrap import K8S
from dev.containers.secrets import make_files
from dev.errors import CannotStart
from dev.k8s.variants import VARIANTS, Variant, changed
from dev.settings import ROOT

KUBECTL = K8S / "bin" / "kubectl"
SOURCES = ("k8s", "gateway", "monitoring")
"""Folders with kustomizations; each refers to the others."""
OVERLAYS = Path("k8s") / "overlays"
KUSTOMIZATION = "kustomization.yaml"
SECRETS = "secrets"

Manifest = dict[str, Any]
"""One object, as YAML has it."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What a cluster would get of one variant."""

    variant: Variant
    manifests: Sequence[Manifest]


def render_all(variants: Sequence[Variant] = VARIANTS) -> list[Rendered]:
    """Render all variants.

    Raises:
        CannotStart: kubectl is not installed, or refuses one.
    """
    with copied() as root:
        return [Rendered(variant=variant, manifests=render(root, variant)) for variant in variants]


@contextmanager
def copied() -> Iterator[Path]:
    """Yield a copy of the sources for as long as the block, with secrets in place."""
    with tempfile.TemporaryDirectory(prefix="parley-k8s-") as name:
        root = Path(name)
        for source in SOURCES:
            shutil.copytree(ROOT / source, root / source, ignore=shutil.ignore_patterns(SECRETS))
        make_files(root / OVERLAYS / "dev" / SECRETS)
        yield root


def render(root: Path, variant: Variant) -> list[Manifest]:
    """Render one variant in a copy.

    Raises:
        CannotStart: kubectl is not installed, or refuses it.
    """
    folder = root / OVERLAYS / variant.overlay
    if variant.is_as_it_stands:
        return kustomized(folder)
    file = folder / KUSTOMIZATION
    whole = file.read_text(encoding="utf-8")
    file.write_text(yaml.safe_dump(changed(yaml.safe_load(whole), variant)), encoding="utf-8")
    try:
        return kustomized(folder)
    finally:
        file.write_text(whole, encoding="utf-8")


def kustomized(folder: Path) -> list[Manifest]:
    """Return the objects of a kustomization.

    Raises:
        CannotStart: kubectl is not installed, or refuses it.
    """
    if not KUBECTL.exists():
        raise CannotStart("kubectl is not installed in this environment; run `make setup`.")
    done = subprocess.run(
        [str(KUBECTL), "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotStart(f"{folder.name}: {done.stderr.strip()}")
    return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))
