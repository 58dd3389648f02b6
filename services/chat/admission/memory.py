"""How much memory this process has, of what it may have."""

import resource
from collections.abc import Callable
from pathlib import Path

_STATM = Path("/proc/self/statm")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Of a container. Source: Linux, Documentation/admin-guide/cgroup-v2.rst."""


def memory_share(limit_mb: int) -> Callable[[], float]:
    """Return what tells the share of the process in its limit; 0 where there is none.

    Args:
        limit_mb: in MiB; 0 takes the limit of the container.
    """
    limit_bytes = limit_mb * 1024 * 1024 or _container_limit_bytes()
    if not limit_bytes or not _STATM.exists():
        return lambda: 0.0

    def share() -> float:
        pages = int(_STATM.read_text().split()[1])
        return pages * resource.getpagesize() / limit_bytes

    return share


def _container_limit_bytes() -> int:
    try:
        text = _CGROUP_LIMIT.read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0
