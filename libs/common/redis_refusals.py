"""Redis answers, and refuses to be written: it lives, so no breaker opens, and whatever waits for it waits.

Its memory is full, its disk is, or it is a replica: none of that is the fault of a command, and all
of it is over by itself once somebody has mended it.
"""

from redis.exceptions import NoPermissionError, OutOfMemoryError, ReadOnlyError

from libs.common import metrics

FULL, DISK, REPLICA, RIGHTS = "full", "disk", "replica", "rights"
REFUSALS = metrics.counter(
    "parley_redis_refusals", "Writes that Redis refused for a reason of its own.", ["why"]
)

for _why in (FULL, DISK, REPLICA, RIGHTS):
    REFUSALS.labels(_why)  # from 0, or the first is no increase


def why_refused(error: object) -> str | None:
    """Tell why Redis refused to be written; None where it is the command, or is no refusal."""
    if isinstance(error, OutOfMemoryError):
        return FULL
    if isinstance(error, ReadOnlyError):
        return REPLICA
    if isinstance(error, NoPermissionError):
        return RIGHTS
    return DISK if str(error).startswith("MISCONF") else None


def note_refusal(error: object) -> str | None:
    """Count a refusal; return why it was one, or None where it was none."""
    why = why_refused(error)
    if why is not None:
        REFUSALS.labels(why).inc()
    return why
