"""`make lock`: writes requirements/*.lock and npm's package-lock.json anew.

The locks hold exact versions and hashes for every platform, but no addresses. uv resolves, from the
index that pip is configured for; additional places of this machine are left out, because they may
hold the files of one platform only.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dev import web
from dev.errors import CannotStart
from dev.settings import ROOT
from dev.verbs import say

GROUPS = (
    "servers",
    "node",
    "client",
    "checks",
    "bench",
    "audit",
    "openapi",
    "k8s",
    "otel",
    "fuzz",
    "docs",
)
"""The dependency groups of pyproject.toml, each with a lock of its own; later ones follow earlier."""
ALONE = ("checkov",)
"""Groups that follow nobody: what they ask for is old, and they have an environment of their own."""
INDEX_NAMES = (":env:.index-url", "global.index-url", "user.index-url", "site.index-url")
OPTIONS = ("--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate")


def lock() -> None:
    """Resolve everything anew and replace the locks.

    Raises:
        CannotStart: nothing can be downloaded, or nothing fits together.
    """
    with tempfile.TemporaryDirectory() as folder:
        pip("install", "--quiet", "--target", folder, "uv")
        uv = [str(Path(folder) / "bin" / "uv"), "pip", "compile", *OPTIONS, *index()]
        run([*uv, "--upgrade", "pyproject.toml", "-o", "requirements/product.lock"])
        # Each group follows what is locked already: one version of a package, whoever asks for it.
        follow = ["--constraints", "requirements/product.lock"]
        for group in GROUPS:
            say(f"parley: locking {group}")
            output = f"requirements/{group}.lock"
            run([*uv, "--upgrade", *follow, "--group", group, "-o", output])
            follow += ["--constraints", output]
        for group in ALONE:
            say(f"parley: locking {group}")
            run([*uv, "--upgrade", "--group", group, "-o", f"requirements/{group}.lock"])
    for place in (web.WEB, web.SOCKETIO, web.MODELS, web.DIAGRAMS):
        say(f"parley: locking {place.relative_to(ROOT)}")
        web.npm("update", "--package-lock-only", "--ignore-scripts", folder=place)
        forget_addresses(place / "package-lock.json")


def forget_addresses(lock_file: Path) -> None:
    """Take the pages on which packages ask for money out of npm's lock: they are addresses."""
    content = json.loads(lock_file.read_text(encoding="utf-8"))
    for package in content["packages"].values():
        package.pop("funding", None)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    lock_file.write_text(text + "\n", encoding="utf-8")


def index() -> Iterator[str]:
    """Yield pip's own index as an option of uv; nothing where the usual one is used."""
    for name in INDEX_NAMES:
        for url in pip("config", "get", name, tolerant=True).split():
            yield f"--default-index={url}"


def pip(*arguments: str, tolerant: bool = False) -> str:
    """Run pip and return what it writes; nothing where it fails and that is tolerated."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return run(command, tolerant=tolerant)


def run(command: list[str], *, tolerant: bool = False) -> str:
    """Run a command in the repository; return its output.

    Raises:
        CannotStart: it failed.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0 and not tolerant:
        raise CannotStart(done.stderr.strip())
    return done.stdout if done.returncode == 0 else ""
