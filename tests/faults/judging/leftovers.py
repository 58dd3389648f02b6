"""What a suite still holds when all is over, and should not. No I/O; ``collecting.py`` looks.

Seen to fail in ``test_leftovers.py``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

FILES_MORE = 25
"""Open files of a process above its base: pools fill, and a scrape holds a few."""
MEMORY_TIMES, MEMORY_MORE_MIB = 1.5, 60.0
"""How much a process may grow in a run: caches fill, and what was freed is not given back."""
BACKENDS_MORE = 12
"""Connections to PostgreSQL of a service above its base: pools fill up to their bounds."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one service uses, all its processes together."""

    files: int
    memory_mib: float
    backends: int
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What there is, by place; nothing of it may be left.

    Attributes:
        outbox: rows not published, by service.
        waiting: rows of the queue that are not finished, by type.
        pending: entries read and not acknowledged, by stream and group.
        unread: entries not yet read, likewise.
        dead: dead letters that should be none, by stream and group.
        transactions: open for longer than a minute, by service.
    """

    outbox: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    dead: Mapping[str, int] = field(default_factory=dict)
    transactions: Mapping[str, int] = field(default_factory=dict)


def left_over(found: Leftovers) -> list[str]:
    """Return everything that is still there."""
    kinds = {
        "outbox rows": found.outbox,
        "rows of the queue": found.waiting,
        "pending entries": found.pending,
        "unread entries": found.unread,
        "dead letters": found.dead,
        "long transactions": found.transactions,
    }
    return [
        f"left over: {count} {kind} of {place}"
        for kind, places in kinds.items()
        for place, count in places.items()
        if count
    ]


def grown(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> list[str]:
    """Return everything of which there is much more than at the beginning."""
    return [text for name, usage in before.items() for text in _growth(name, usage, after[name])]


def _growth(name: str, before: Usage, after: Usage) -> Iterator[str]:
    if after.files > before.files + FILES_MORE * before.processes:
        yield f"{name} has {after.files} open files, {before.files} before"
    most_mib = before.memory_mib * MEMORY_TIMES + MEMORY_MORE_MIB * before.processes
    if after.memory_mib > most_mib:
        yield f"{name} has {after.memory_mib:.0f} MiB, {before.memory_mib:.0f} before"
    if after.backends > before.backends + BACKENDS_MORE * before.processes:
        yield f"{name} has {after.backends} connections, {before.backends} before"
