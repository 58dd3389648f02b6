"""How much waits in an outbox, and for how long: for the metrics.

The table is the service's own and called ``outbox``, as everywhere.
"""

import asyncio
from dataclasses import dataclass

import structlog
from django.db import connection

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError

LOOK_EVERY_S = 5.0
COUNTED_ROWS = 10_000
"""Rows that are counted: how many more there are changes nothing."""

WAITING = metrics.gauge(
    "parley_outbox_waiting_rows", f"Rows in the outbox, counted up to {COUNTED_ROWS}."
)
OLDEST = metrics.gauge(
    "parley_outbox_oldest_seconds", "Age of the oldest row in the outbox; 0 where there is none."
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in an outbox."""

    rows: int
    oldest_s: float


async def watch_outbox(database: DatabaseThreads, *, every_s: float = LOOK_EVERY_S) -> None:
    """Look every so many seconds, until cancelled; without an answer the last one stands."""
    while True:
        try:
            waiting = await database.run(waiting_now)
        except ParleyError:
            pass
        except Exception:
            log.exception("outbox_watch_bug")
        else:
            WAITING.set(waiting.rows)
            OLDEST.set(waiting.oldest_s)
        await asyncio.sleep(every_s)


def waiting_now() -> Waiting:
    """Return what waits at this moment, by PostgreSQL's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
              FROM (SELECT created_at FROM outbox ORDER BY id LIMIT %s) first
            """,
            [COUNTED_ROWS],
        )
        rows, oldest_s = cursor.fetchone()
    return Waiting(rows, max(0.0, float(oldest_s)))
