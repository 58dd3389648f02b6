"""Makes events out of advances, and out of outbox rows, which only point at what happened."""

from collections.abc import Sequence

import structlog

from libs.common.events import Advance, WatermarksAdvanced
from libs.common.streams.entries import Outgoing, outgoing_by_room
from services.receipts.models import Outbox
from services.receipts.selectors.advances import advances_of
from services.receipts.selectors.lag import lag_events
from services.receipts.store import RECEIPTS_EVENTS, RECEIPTS_LAG

ADVANCES_PER_EVENT = 1_000
"""So that an entry of the stream stays below about 150 kB."""

log = structlog.get_logger(__name__)


def advanced(advances: Sequence[Advance], *, partitions: int) -> list[Outgoing]:
    """Return what tells of advances; those of one room in order."""
    return outgoing_by_room(
        RECEIPTS_EVENTS,
        advances,
        lambda some: WatermarksAdvanced(advances=some),
        partitions=partitions,
        at_most=ADVANCES_PER_EVENT,
    )


def outgoing(rows: Sequence[Outbox], *, partitions: int) -> list[Outgoing]:
    """Return what is to be published for some rows: the state now of what they point at."""
    moved = {
        (room, user): None
        for row in rows
        if row.event == Outbox.WATERMARKS_ADVANCED
        for room, user in zip(row.rooms, row.users, strict=True)
        if user is not None
    }
    judged = {
        pair: None
        for row in rows
        if row.event == Outbox.LAG_JUDGED
        for pair in zip(row.rooms, row.users, strict=True)
    }
    news: list[Outgoing] = []
    if moved:
        news += advanced(advances_of(list(moved)), partitions=partitions)
    if judged:
        news.append(Outgoing(RECEIPTS_LAG, 0, lag_events(list(judged))))
    for row in rows:
        if row.event not in (Outbox.WATERMARKS_ADVANCED, Outbox.LAG_JUDGED):
            log.error("outbox_row_of_unknown_kind", kind=row.event)
    return news
