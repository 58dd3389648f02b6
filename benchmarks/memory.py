"""How much memory processes have needed at most, as Linux keeps it for each of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import psutil

RESET_PEAK = "5"
"""What makes Linux forget the peak so far. Source: proc_pid_clear_refs(5)."""


class PeakMemory:
    """Measures, while it is entered, by how much each process and its children grew at most.

    Attributes:
        grown_kib: by name, at the end.
    """

    def __init__(self, processes: Sequence[tuple[str, int]]) -> None:
        self._processes = processes
        self._before: dict[int, int] = {}
        self.grown_kib: dict[str, int] = {}

    def __enter__(self) -> Self:
        for _, pid in self._processes:
            for each in _family(pid):
                Path(f"/proc/{each}/clear_refs").write_text(RESET_PEAK, encoding="ascii")
                self._before[each] = _status_kib(each, "VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.grown_kib = {
            name: sum(
                max(0, _status_kib(each, "VmHWM") - self._before[each])
                for each in _family(pid)
                if each in self._before
            )
            for name, pid in self._processes
        }


def _family(pid: int) -> list[int]:
    parent = psutil.Process(pid)
    return [pid, *(child.pid for child in parent.children(recursive=True))]


def _status_kib(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0
