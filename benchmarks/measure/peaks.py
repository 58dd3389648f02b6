"""How much memory processes need at most for a while, as Linux keeps it for each of them."""

from contextlib import suppress
from pathlib import Path

from benchmarks.measure.processes import Watched, family

RESET_PEAK = "5"
"""What makes Linux forget the peak so far. Source: proc_pid_clear_refs(5)."""


class Peaks:
    """Measures, from when it is made, by how much each process and its children grew at most.

    Children that end meanwhile, or are new, are left out.
    """

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._before: dict[int, int] = {}
        for _, pid in watched:
            for each in family(pid):
                with suppress(OSError):
                    folder = Path(f"/proc/{each.pid}")
                    (folder / "clear_refs").write_text(RESET_PEAK, encoding="ascii")
                    self._before[each.pid] = _status_kib(each.pid, "VmRSS")

    def grown_kib(self) -> dict[str, int]:
        """Return it by name."""
        grown: dict[str, int] = {}
        for name, pid in self._watched:
            for each in family(pid):
                if each.pid in self._before:
                    more = _status_kib(each.pid, "VmHWM") - self._before[each.pid]
                    grown[name] = grown.get(name, 0) + max(0, more)
        return grown


def _status_kib(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0
