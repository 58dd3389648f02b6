"""How many files a process may have open: every connection is one."""

import resource

KEPT_FOR_OTHERS = 256
"""Files that are no connections of clients: databases, streams, the program itself."""


def raise_limit() -> None:
    """Take as many as the system gives without being asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limit() -> int:
    """Return how many there may be now; ``resource.RLIM_INFINITY`` for any number."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def most_connections(wanted: int, *, files: int) -> int:
    """Return how many connections fit, of those that are wanted, into so many open files."""
    if files == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, files - KEPT_FOR_OTHERS))
