"""What processes use: CPU time, and resident memory, with all their children."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import psutil

KIB = 1024
Watched = Sequence[tuple[str, int]]
"""Names of processes, with their pids; a name that comes more than once is taken together."""


def cpu_seconds(watched: Watched) -> dict[str, float]:
    """Return the user and system time by name, that of children that ended included."""
    used: dict[str, float] = {}
    for name, pid in watched:
        used[name] = used.get(name, 0.0) + _cpu_seconds(pid)
    return used


def resident_kib(watched: Watched) -> dict[str, int]:
    """Return the resident memory by name.

    What PostgreSQL's processes share is counted once for each of them: look at differences.
    """
    sizes: dict[str, int] = {}
    for name, pid in watched:
        sizes[name] = sizes.get(name, 0) + sum(map(resident_bytes, family(pid))) // KIB
    return sizes


def since(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each has grown."""
    return {name: value - before.get(name, 0.0) for name, value in now.items()}


def resident_bytes(process: psutil.Process) -> int:
    """Return what one process has; nothing where it has just ended, as backends do."""
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0


def _cpu_seconds(pid: int) -> float:
    own, *children = family(pid)
    times = own.cpu_times()
    used_s = times.user + times.system + times.children_user + times.children_system
    for child in children:
        with suppress(psutil.NoSuchProcess):
            used_s += sum(child.cpu_times()[:2])
    return float(used_s)


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all its children."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]
