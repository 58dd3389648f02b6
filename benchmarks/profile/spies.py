"""py-spy beside each service: who holds the interpreter's lock, looked at many times a second."""

import math
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

SPY = str(Path(sysconfig.get_path("scripts")) / "py-spy")
RATE = 200
"""Looks a second; each stops the process for about a fifth of a millisecond."""
START_WITHIN_S, END_WITHIN_S = 30.0, 30.0


class CannotSpy(Exception):
    """The system lets nobody look into a process, or py-spy failed otherwise."""


def check_allowed(pid: int) -> None:
    """Look into a process once.

    Raises:
        CannotSpy: that is not allowed.
    """
    command = [SPY, "dump", "--pid", str(pid)]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=START_WITHIN_S, check=False
    )
    if told.returncode:
        raise CannotSpy(
            "py-spy may not look into the services: run this as root, or allow it with "
            f"`sysctl kernel.yama.ptrace_scope=0` ({_last_line(told.stderr)})"
        )


class Spies:
    """Spies on some processes, from now on and for some seconds."""

    def __init__(self, pids: Mapping[str, int], folder: Path, *, seconds: float) -> None:
        self._running: dict[Path, subprocess.Popen[str]] = {}
        for name, pid in pids.items():
            raw = folder / f"{name}.raw"
            command = [
                *(SPY, "record", "--gil", "--function", "--format", "raw", "--rate", str(RATE)),
                *("--duration", str(math.ceil(seconds)), "--pid", str(pid), "--output", str(raw)),
            ]
            self._running[raw] = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )

    def wait(self) -> list[Path]:
        """Return what they wrote, in the order of the processes, when all are done.

        Raises:
            CannotSpy: one of them failed.
        """
        for each in self._running.values():
            _, errors = each.communicate(timeout=END_WITHIN_S)
            if each.returncode:
                raise CannotSpy(f"py-spy failed: {_last_line(errors)}")
        return list(self._running)

    def kill(self) -> None:
        """End those that still run."""
        for each in self._running.values():
            each.kill()
            each.wait()


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it did not say why"])[-1]
