"""What chat does about ``watermarks.advanced``: one of its processes folds them into the database.

Sockets are told by another road, the tail, which needs no database.
"""

import functools
from collections.abc import Callable, Sequence
from itertools import islice

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.events import Advance, WatermarksAdvanced
from libs.common.streams.entries import Entry
from libs.common.streams.group import Handler
from libs.common.streams.group_options import GroupOptions
from services.chat.actions.watermarks import merged

OPTIONS = GroupOptions(batch=200, every_s=1.0)
"""A transaction costs the same for one advance as for dozens, and nobody waits for it: sockets are
told by the tail."""
FOLD_AT_ONCE = 100
"""Most advances of one transaction: a few ms, so that what people wait for comes in between, whatever
receipts has packed into an entry."""

FOLDED = metrics.counter(
    "parley_projection_advances", "Advances folded into the projection, whether news or not."
)
MOVED = metrics.counter("parley_projection_rows_moved", "Rows of members in which anything rose.")

Fold = Callable[[Sequence[Advance]], int]
"""Folds some advances in a transaction of its own and returns how many rows moved."""


def projecting(fold: Fold, database: DatabaseThreads) -> Handler:
    """Return the handler of a consumer group's loop over ``receipts.events``."""
    return functools.partial(_project, fold, database)


async def _project(fold: Fold, database: DatabaseThreads, entries: Sequence[Entry]) -> None:
    """Fold everything that these entries tell.

    Raises:
        Unavailable: PostgreSQL does not answer, or a row stayed locked.
        Timeout: it may have been folded or not. Either way it may be folded again.
    """
    advances = iter(merged(_advances_of(entries)))
    while part := list(islice(advances, FOLD_AT_ONCE)):
        moved = await database.run(fold, part)
        FOLDED.inc(len(part))
        MOVED.inc(moved)


def _advances_of(entries: Sequence[Entry]) -> list[Advance]:
    return [
        advance
        for entry in entries
        for event in entry.events
        if isinstance(event, WatermarksAdvanced)
        for advance in event.advances
    ]
