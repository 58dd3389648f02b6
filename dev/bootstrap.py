"""Making `.venv`: runs on the machine's own Python, before anything is installed.

Usage: `python3 -m dev.bootstrap product servers …`, with the names of locks in `requirements/`;
`node` is installed only where PATH has no Node of at least version 20; `audit`, `openapi`, `k8s`,
`checkov`, `docs` and `fuzz` into folders of their own: tools of others must not bring packages along that
we do not ask for. Nothing is done twice: a stamp beside each installed lock holds its digest. Where packages come from is pip's
own business.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"
AUDIT = VENV / "audit"
OPENAPI = VENV / "openapi"
K8S = VENV / "k8s"
CHECKOV = VENV / "checkov"
DOCS = VENV / "docs"
APART = {folder.name: folder for folder in (AUDIT, OPENAPI, K8S, CHECKOV, DOCS, VENV / "fuzz")}
"""Where the packages of pip-audit, schemathesis, kubectl with its schemas, checkov, Sphinx and atheris are;
only what needs them has them on its path. The last one has no wheel for every Python, so nobody installs
it unasked."""
HAS_PIP = "import importlib.metadata as m, sys; sys.exit(m.files('pip') is None)"
"""A pip that was only half copied when somebody pressed Ctrl-C has no list of its files yet."""
INTERRUPTED = 130
LOWEST_PYTHON = (3, 11)
LOWEST_NODE = 20
WITHOUT_PIP = """\
This Python ({python}) can make no environment: it has neither ensurepip nor pip.
  On Debian and Ubuntu:  sudo apt-get install python3-venv
  Or name another one:   make {verb} PYTHON=/path/to/python3.11
"""


def main(names: list[str]) -> int:
    """Install the locks of these names into `.venv`; return the exit status."""
    if sys.version_info < LOWEST_PYTHON:
        return complain("Parley needs Python 3.11 or newer; choose one with PYTHON=/path/to/it.\n")
    if not works(PYTHON) and not make_environment():
        return complain(WITHOUT_PIP.format(python=sys.executable, verb="setup"))
    wanted = [name for name in names if name != "node" or not has_node()]
    missing = [name for name in wanted if read(stamp_of(name)) != digest(lock_of(name))]
    return install(missing) if missing else 0


def make_environment() -> bool:
    """Make `.venv` with a pip inside; False where this Python has no means for it."""
    tell("making .venv; the first time, all this takes a minute or three")
    shutil.rmtree(VENV, ignore_errors=True)
    if is_importable("ensurepip"):
        venv.create(VENV, with_pip=True, symlinks=True)
        return True
    if not is_importable("pip"):
        return False
    # Debian without python3-venv, but with python3-pip: its pip can fill another environment.
    venv.create(VENV, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    return run([*pip, "install", "--quiet", "pip"]) == 0


def is_importable(module: str) -> bool:
    """Say whether this Python has the module; an empty folder of that name is none."""
    found = importlib.util.find_spec(module)
    return found is not None and found.origin is not None


def works(python: Path) -> bool:
    """Say whether the environment's Python runs and has a whole pip; its base may be gone."""
    if not python.exists():
        return False
    return run([str(python), "-c", HAS_PIP], quiet=True) == 0


def install(names: list[str]) -> int:
    """Install locks, exactly as pinned; return pip's status."""
    tell(f"installing {', '.join(names)}")
    began_s = time.monotonic()
    status = install_into(VENV, [name for name in names if name not in APART])
    for name in names:
        if status == 0 and name in APART:
            shutil.rmtree(APART[name], ignore_errors=True)
            status = install_into(APART[name], [name])
    if status == 0:
        for name in names:
            stamp_of(name).write_text(digest(lock_of(name)), encoding="ascii")
        tell(f"installed ({time.monotonic() - began_s:.0f} s)")
    return status


def install_into(folder: Path, names: list[str]) -> int:
    """Install locks into the environment, or into another folder; return pip's status."""
    if not names:
        return 0
    locks = [part for name in names for part in ("--requirement", str(lock_of(name)))]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    target = [] if folder == VENV else ["--no-warn-conflicts", "--target", str(folder)]
    return run([*pip, "install", "-qq", "--require-hashes", *target, *locks])


def has_node() -> bool:
    """Say whether PATH has Node and npm of a version that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= LOWEST_NODE


def lock_of(name: str) -> Path:
    """Return the lock of this name."""
    return LOCKS / f"{name}.lock"


def stamp_of(name: str) -> Path:
    """Return the file that says which state of a lock is installed."""
    return VENV / f".installed-{name}"


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(path: Path) -> str | None:
    """Return a small file's text, or None where it is missing."""
    return path.read_text(encoding="ascii") if path.exists() else None


def run(command: list[str], *, quiet: bool = False) -> int:
    """Run a command; return its status."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, stdout=sink, stderr=sink, check=False).returncode


def tell(text: str) -> None:
    """Say what goes on."""
    sys.stdout.write(f"parley: {text}\n")
    sys.stdout.flush()


def complain(text: str) -> int:
    """Say what is wrong; return the exit status for it."""
    sys.stderr.write(text)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        complain("\nparley: interrupted; the next time it goes on from here\n")
        sys.exit(INTERRUPTED)
