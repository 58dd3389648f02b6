"""Shows one mutant to the rig: a copy of the tree with its mistake, and a run of its own."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dev.settings import ROOT, environment
from tests.faults.mutants.catalogue import FAULTS, PYTEST, Mutant

FOLDERS = (
    "libs",
    "services",
    "dev",
    "clients/python",
    "clients/django",
    "tests",
    "benchmarks",
    "docs",
)
FILES = ("pyproject.toml", "clients/__init__.py", "README.md")
BUILT = "clients/web/dist"
NOT_COPIED = shutil.ignore_patterns("__pycache__", "out", "node_modules", ".hypothesis")
TRIES = 5
"""Rounds in which a mutant may show: some mistakes need a moment that does not always come."""
WITHIN_S = 600
ENTER_ONLY = 0o711


def judge(mutant: Mutant, *, seed: int) -> str | None:
    """Return what gave a mutant away; None where it survived."""
    with tree_of(mutant) as tree:
        for command in _commands(mutant, seed):
            try:
                ran = subprocess.run(
                    command,
                    cwd=tree,
                    env=environment(),
                    capture_output=True,
                    text=True,
                    timeout=WITHIN_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                continue
            said = ran.stdout + ran.stderr
            found = re.search(rf".*(?:{mutant.complaint}).*", said)
            if ran.returncode != 0 and found:
                return found[0][:300]
    return None


@contextmanager
def tree_of(mutant: Mutant) -> Iterator[Path]:
    """Make a copy of all that runs, with the mistake in it, for the block.

    Raises:
        AssertionError: what an edit changes does not stand where it says, once.
    """
    with TemporaryDirectory(prefix="parley-mutant-") as folder:
        tree = Path(folder)
        tree.chmod(ENTER_ONLY)
        for name in FOLDERS:
            shutil.copytree(ROOT / name, tree / name, ignore=NOT_COPIED)
        for name in FILES:
            shutil.copy(ROOT / name, tree / name)
        (tree / BUILT).parent.mkdir(parents=True, exist_ok=True)
        (tree / BUILT).symlink_to(ROOT / BUILT)
        for path, old, new in mutant.edits:
            file = tree / path
            text = file.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
            file.write_text(text.replace(old, new), encoding="utf-8")
        yield tree


def _commands(mutant: Mutant, seed: int) -> Iterator[list[str]]:
    if mutant.tests:
        yield [sys.executable, "-m", PYTEST, "-q", "-x", "-p", "no:randomly", *mutant.tests]
    else:
        for number in range(TRIES):
            names = [f"--only={name}" for name in mutant.faults]
            rounds = ["--rounds=1", f"--seed={seed + number}"]
            yield [sys.executable, "-m", FAULTS, *rounds, *names]
