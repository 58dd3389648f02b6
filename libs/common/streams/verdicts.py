"""What becomes of an entry that was read and not acknowledged: a rule, and the search for culprits.

Failures are counted by us, entry by entry. Redis' delivery counter says only how often an entry was
handed out: it grows when a dependency is down, and whenever somebody reads their own pending ones.
"""

import enum
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

CLAIM_AFTER_MS = 30_000
"""Idle time after which another worker may claim an entry. Three times the longest handler."""

MAX_FAILURES = 3
"""Failures of its own after which an entry is buried."""

ItemT = TypeVar("ItemT")


class Verdict(enum.Enum):
    """The fate of a pending entry."""

    WAIT = "wait"
    RETRY = "retry"
    BURY = "bury"


def judge_pending(*, idle_ms: int, failures: int, claim_after_ms: int = CLAIM_AFTER_MS) -> Verdict:
    """Decide the fate of an entry that was read and never acknowledged.

    Args:
        idle_ms: time since it was last handed to anybody.
        failures: how often a handler failed on this entry alone.
        claim_after_ms: how long its present holder is left in peace.
    """
    if idle_ms < claim_after_ms:
        return Verdict.WAIT
    return Verdict.BURY if failures >= MAX_FAILURES else Verdict.RETRY


@dataclass(slots=True)
class Handled(Generic[ItemT]):
    """What came of a batch. Every item is in exactly one of the three lists, in order.

    Attributes:
        good: handled without an error; to be acknowledged.
        bad: handed to the handler alone, and it failed; with its error.
        left: not judged, because ``blocked_by`` came first; they stay pending.
        blocked_by: the error of a dependency that is down.
    """

    good: list[ItemT] = field(default_factory=list)
    bad: list[tuple[ItemT, Exception]] = field(default_factory=list)
    left: list[ItemT] = field(default_factory=list)
    blocked_by: Exception | None = None


async def handle_bisecting(
    items: Sequence[ItemT],
    handle: Callable[[Sequence[ItemT]], Awaitable[None]],
    *,
    is_outage: Callable[[Exception], bool],
) -> Handled[ItemT]:
    """Handle a batch; where it fails, halve it until the culprits stand alone.

    A handler that fails must have left nothing behind (its transaction rolled back) or bear to see
    items again. An outage ends the search at once: it says nothing about the data.
    """
    result: Handled[ItemT] = Handled()
    waiting = [list(items)] if items else []
    while waiting:
        part = waiting.pop()
        try:
            await handle(part)
        except Exception as error:  # noqa: BLE001  # judged here, reported by the caller
            if is_outage(error):
                result.blocked_by = error
                result.left = [item for rest in (part, *reversed(waiting)) for item in rest]
                break
            if len(part) == 1:
                result.bad.append((part[0], error))
            else:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
        else:
            result.good += part
    return result
