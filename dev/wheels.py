"""Where the servers that came as wheels are. PATH is never asked."""

import importlib.util
import shutil
import sys
from pathlib import Path

from dev.errors import CannotStart


def package_folder(package: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        CannotStart: it is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise CannotStart(f"{package} is not installed in this environment; run `make setup`.")
    return Path(found.origin).parent


def program_in(package: str, pattern: str) -> Path:
    """Return the one program of a package that matches the pattern.

    Raises:
        CannotStart: the wheel brings none for this machine.
    """
    programs = sorted(package_folder(package).glob(pattern))
    if not programs:
        raise CannotStart(f"{package} has no program for this machine.")
    return programs[0]


def program_beside_python(name: str) -> Path:
    """Return a program that a wheel put beside this Python.

    Raises:
        CannotStart: it is not installed.
    """
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise CannotStart(f"{name} is not installed in this environment; run `make setup`.")
    return Path(found)
