"""One live suite per run folder: a lock that the kernel drops when its holder dies."""

import fcntl
import json
import os
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from dev.errors import CannotStart
from dev.files import PRIVATE_FILE
from dev.state import read_state

LOCK_FILE = "lock"


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who holds a run folder.

    Attributes:
        pid: the suite's own process.
        parent: the process that it stops with (`make`), or None.
    """

    pid: int
    parent: int | None = None

    def is_orphaned(self) -> bool:
        """Say whether what it stops with is gone, so that it is about to stop by itself."""
        return self.parent is not None and not psutil.pid_exists(self.parent)


class Ownership:
    """Holds the run folder while it is entered."""

    def __init__(self, run_dir: Path, owner: Owner) -> None:
        self._run_dir = run_dir
        self._owner = owner
        self._descriptor = -1

    def try_enter(self) -> bool:
        """Take the folder; False where another live process has it."""
        path = self._run_dir / LOCK_FILE
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(asdict(self._owner)).encode())
        self._descriptor = descriptor
        return True

    def is_taken(self) -> bool:
        """Say whether another live process has the folder; does not take it."""
        with (self._run_dir / LOCK_FILE).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def __enter__(self) -> Self:
        if not self.try_enter():
            raise CannotStart(explain_taken(self._run_dir))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)


def owner_of(run_dir: Path) -> Owner | None:
    """Return who wrote itself into the lock last; whether it lives, only the lock knows."""
    try:
        return Owner(**json.loads((run_dir / LOCK_FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


def explain_taken(run_dir: Path) -> str:
    """Say which copy has the folder, and the two ways out."""
    owner = owner_of(run_dir)
    state = read_state(run_dir)
    where = f" at {state.gateway_url}" if state else ""
    pid = owner.pid if owner else "<pid>"
    return (
        f"Parley already runs from {run_dir}{where} (pid {pid}).\n"
        f"  To stop it:            Ctrl-C in its terminal, or: kill {pid}\n"
        f"  To run another beside: make up PORT=8001 RUN_DIR={shlex.quote(f'{run_dir}-8001')}"
    )
