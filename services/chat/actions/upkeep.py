"""What has ended is removed from the database, now and then, by whichever process comes to it.

Nothing depends on it: a row that has ended is refused while it is still there, and so it is when it
is gone. Ended sign-ins stay for a while nonetheless, for those who look into what happened.
"""

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Mapping

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.chat.models import AuditEntry, SignIn, UsedTicket

EVERY_S = 3600.0
"""How often each process looks."""
AGAIN_AFTER_S = 60.0
"""How soon it looks again where the database did not answer."""
ROWS = 1000
"""Rows of one statement: bounds what it locks, and how long it may take."""
TICKETS_STAY = dt.timedelta(hours=1)
"""How long a used ticket is remembered after its end: above what our clocks may differ by."""
SIGN_INS_STAY = dt.timedelta(seconds=settings.SESSION_COOKIE_AGE, hours=1)
"""How long after its last renewal a sign-in is kept, whether it has ended or not. Above the life of
a session (30 days), which begins anew with each renewal: none that holds is removed."""
AUDIT_STAYS = dt.timedelta(days=settings.AUDIT_DAYS)

REMOVED = metrics.counter(
    "parley_upkeep_removed_rows", "Rows that had ended and were removed.", ["table"]
)

log = structlog.get_logger(__name__)


def remove_ended(table: str) -> int:
    """Remove rows of one of ``TABLES`` that have ended, at most ``ROWS``; return how many.

    What another process removes at the moment is left to it.
    """
    model, ended = TABLES[table]
    with transaction.atomic():
        # Those that another process is removing are passed over, not waited for.
        rows: QuerySet[Model] = model._default_manager.select_for_update(skip_locked=True)
        found = list(rows.filter(ended).values_list("pk", flat=True)[:ROWS])
        removed, _ = model._default_manager.filter(pk__in=found).delete()
    REMOVED.labels(table).inc(removed)
    return removed


TABLES: Mapping[str, tuple[type[Model], Q]] = {
    "django_session": (Session, Q(expire_date__lt=Now())),
    "used_ticket": (UsedTicket, Q(expires_at__lt=Now() - TICKETS_STAY)),
    "sign_in": (SignIn, Q(renewed_at__lt=Now() - SIGN_INS_STAY)),
    "audit_entry": (AuditEntry, Q(at__lt=Now() - AUDIT_STAYS)),
}
"""What is looked after: when a row of a table has ended."""


class Upkeep:
    """One per process.

    Args:
        sleep: waits so many seconds.
        chance: a number from 0 to 1, at random: processes that start together part ways.
    """

    def __init__(
        self,
        database: DatabaseThreads,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._sleep = sleep
        self._chance = chance

    async def run(self) -> None:
        """Look for ever, for the first time within ``EVERY_S``; cancel it to stop."""
        wait_s = EVERY_S * self._chance()
        while True:
            await self._sleep(wait_s)
            wait_s = EVERY_S if await self._try() else AGAIN_AFTER_S

    async def remove_all_ended(self) -> Mapping[str, int]:
        """Remove everything that has ended; return how many rows of each table.

        Raises:
            ParleyError: the database did not answer; what was removed is removed.
        """
        return {table: await self._remove_all(table) for table in TABLES}

    async def _remove_all(self, table: str) -> int:
        total = 0
        while True:
            removed = await self._database.run(remove_ended, table)
            total += removed
            if removed < ROWS:
                return total

    async def _try(self) -> bool:
        try:
            removed = await self.remove_all_ended()
        except ParleyError as error:
            log.info("upkeep_waits", code=error.code)
            return False
        except Exception:
            log.exception("upkeep_bug")
            return False
        log.info("upkeep_done", **removed)
        return True
