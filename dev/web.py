"""Building the web client, when its sources changed since the last time; and npm, for others too.

The digest of everything that the build reads decides, not dates: a fresh clone, a switched branch
and a copied folder are all judged rightly.
"""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from dev.errors import CannotStart
from dev.settings import ROOT, environment

WEB = ROOT / "clients" / "web"
SOCKETIO = ROOT / "benchmarks" / "socketio"
"""A server to compare with. Nothing of it is built, and only who starts it installs its packages."""
MODELS = ROOT / "dev" / "k8s" / "schemas"
"""What judges Kubernetes objects that operators bring; only `make k8s-check` installs its packages."""
DIAGRAMS = ROOT / "dev" / "docs" / "diagrams"
"""What draws the diagrams of the documents; only `make docs` installs its packages."""
EXAMPLE = ROOT / "examples" / "django-site" / "chat" / "static" / "chat"
"""JavaScript of the tutorial, which nothing builds."""
BUILT = WEB / "dist" / "index.html"
INSTALLED = "node_modules"
NOT_SOURCES = frozenset({"node_modules", "dist", "generated", "coverage", "test-results"})
PYTHON_SOURCES = (
    "services/chat/frames",
    "services/chat/domain/status.py",
    "libs/common",
)
"""The TypeScript types, and the table of the states of a message, are generated from these."""


def build() -> None:
    """Install what the client needs and build it, each only where something changed.

    Raises:
        CannotStart: npm failed.
    """
    install()
    sources = digest([*sources_in(WEB), *python_sources()])
    stamp = WEB / INSTALLED / ".parley-built"
    if BUILT.exists() and read(stamp) == sources:
        return
    began_s = time.monotonic()
    npm("run", "build", "--silent")
    stamp.write_text(sources, encoding="ascii")
    tell(f"web client built ({time.monotonic() - began_s:.0f} s)")


def install(folder: Path = WEB) -> None:
    """Install the packages of a folder exactly as its lock says.

    Raises:
        CannotStart: npm failed.
    """
    wanted = digest([folder / "package.json", folder / "package-lock.json"])
    stamp = folder / INSTALLED / ".parley-installed"
    if read(stamp) == wanted:
        return
    tell(f"installing what {folder.relative_to(ROOT)} needs")
    npm("ci", "--no-audit", "--no-fund", folder=folder)
    stamp.write_text(wanted, encoding="ascii")


def npm(*arguments: str, folder: Path = WEB) -> None:
    """Run npm in a folder; what it writes is shown only if it fails.

    Raises:
        CannotStart: it failed.
    """
    command = ["npm", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=npm_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotStart(
            f"{done.stdout}{done.stderr}\nnpm {' '.join(arguments)} failed in {folder}."
        )


def npm_environment() -> Mapping[str, str]:
    """Return the environment of npm: this Python, and the Node beside it, come first on PATH."""
    inherited = environment()
    beside = Path(sys.executable).parent
    return {**inherited, "PATH": f"{beside}:{inherited.get('PATH', '')}"}


def sources_in(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that people wrote."""
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in NOT_SOURCES:
                yield from sources_in(path)
        else:
            yield path


def python_sources() -> Iterator[Path]:
    """Yield the Python files from which the client's types are generated."""
    for pattern in PYTHON_SOURCES:
        for path in ROOT.glob(pattern):
            yield from [path] if path.is_file() else path.rglob("*.py")


def digest(paths: list[Path]) -> str:
    """Return one digest of the files' names and contents; a missing file counts as none."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        if path.exists():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return whole.hexdigest()


def read(path: Path) -> str | None:
    """Return a small file's text, or None where it is missing."""
    return path.read_text(encoding="ascii") if path.exists() else None


def tell(text: str) -> None:
    """Say what goes on."""
    sys.stdout.write(f"parley: {text}\n")
    sys.stdout.flush()
