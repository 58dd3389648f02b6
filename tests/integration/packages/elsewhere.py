"""A place where somebody else has installed the Python client: nothing of this repository is there."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.settings import ROOT, environment

SOURCE = ROOT / "clients" / "python"
WITHIN_S = 60.0


def build_wheel(folder: Path) -> Path:
    """Build the wheel out of a copy, so that nothing is left behind in the sources.

    The build backend is the one of this environment: nothing is downloaded.
    """
    copy = folder / "source"
    shutil.copytree(SOURCE / "parley", copy / "parley")
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(SOURCE / name, copy)
    alone = ("--no-index", "--no-deps", "--no-build-isolation")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", *alone, "--wheel-dir", folder, copy)
    (wheel,) = folder.glob("*.whl")
    return wheel


class Elsewhere:
    """A folder and an environment with the wheel, and what it needs, in it.

    What it needs is found among the packages of the tests. pip still compares the versions.
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        self.python = folder / "env" / "bin" / "python"
        venv.create(folder / "env", with_pip=False, symlinks=True)
        (site,) = (folder / "env" / "lib").glob("python*/site-packages")
        (site / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        pip = (sys.executable, "-m", "pip", "--python", self.python, "--disable-pip-version-check")
        run(*pip, "install", "--quiet", "--no-index", wheel)
        for example in (SOURCE / "examples").glob("*.py"):
            shutil.copy(example, folder)

    def write(self, name: str, text: str) -> str:
        """Put a program there; return its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def mypy(self, *names: str) -> str:
        """Return what mypy says of programs there, by its strictest rules."""
        strict = ("--strict", "--no-error-summary", "--python-executable", self.python)
        return run(sys.executable, "-m", "mypy", *strict, *names, cwd=self.folder, check=False)

    def ends(
        self, name: str, *arguments: str, password: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program there to its end."""
        return subprocess.run(
            [self.python, name, *arguments],
            cwd=self.folder,
            env={**environment(), "PARLEY_PASSWORD": password},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

    @contextmanager
    def running(self, name: str, *arguments: str, password: str = "") -> Iterator[None]:
        """Run a program there for as long as the block lasts.

        Raises:
            AssertionError: it ended by itself.
        """
        with (self.folder / f"{name}.log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                [self.python, name, *arguments],
                cwd=self.folder,
                env={**environment(), "PARLEY_PASSWORD": password},
                stdout=log,
                stderr=log,
            )
            try:
                yield
            finally:
                status = process.poll()
                process.kill()
                process.wait()
                log.seek(0)
                said = log.read()
            assert status is None, said


def run(*command: str | Path, cwd: Path | None = None, check: bool = True) -> str:
    """Run a command; return what it wrote.

    Raises:
        AssertionError: it failed, and that matters.
    """
    done = subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done.stdout
