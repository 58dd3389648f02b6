"""Reconciles every hour, in one process; all of them show what was found.

The lease is for the hour, not for the work: whoever gets it works, and it ends by itself. The
findings stand beside it, so that no process goes on showing what it found long ago.
"""

import asyncio
import contextlib
import os
import platform
import random
from collections.abc import Awaitable, Callable
from typing import cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.errors import ParleyError
from libs.common.leases import Lease
from libs.common.logs import describe
from services.receipts.actions.reconcile.reconciler import ChatIsSilent, Reconciler
from services.receipts.store import RECONCILE_LEASE, RECONCILE_NOTE

EVERY_S = 3600.0
FIRST_AFTER_S = 300.0
"""A service that starts has to catch up first."""
LOOK_EVERY_S = 60.0
"""How often each process looks whether it is due, and what others found."""

DRIFT = metrics.gauge(
    "parley_receipts_drift", "What did not agree at the last reconciliation.", ["kind"]
)
RECONCILED_AT = metrics.gauge(
    "parley_receipts_reconciled_timestamp_seconds", "When the last reconciliation ended."
)

log = structlog.get_logger(__name__)


class HourlyReconcile:
    """One per process.

    Args:
        reconciler: does the work.
        redis: a client for short commands.
        clock: dates the findings.
        sleep: waits so many seconds.
        chance: a number from 0 to 1, at random: processes that start together part ways.
    """

    def __init__(
        self,
        reconciler: Reconciler,
        *,
        redis: Redis,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._reconciler = reconciler
        self._redis = redis
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._lease = Lease(
            redis,
            RECONCILE_LEASE,
            note_key=RECONCILE_NOTE,
            holder=f"{platform.node()}/{os.getpid()}",
            lasts_s=EVERY_S,
        )

    async def run(self) -> None:
        """Look every minute until cancelled."""
        wait_s = FIRST_AFTER_S
        while True:
            await self._sleep(wait_s * (0.5 + self._chance()))
            wait_s = LOOK_EVERY_S
            try:
                await self.look()
            except ChatIsSilent:
                log.info("reconcile_waits", code="chat_is_silent")
            except ParleyError as error:
                log.info("reconcile_waits", code=error.code)
            except (RedisError, OSError) as error:
                log.info("reconcile_waits", error=describe(error))
            except Exception:
                log.exception("reconcile_bug")

    async def look(self) -> None:
        """Reconcile where it is due and nobody else does; show what was found last.

        Raises: as ``Reconciler.run``; the next look tries again.
        """
        if await self._lease.take():
            try:
                await self._reconcile()
            except BaseException:
                with contextlib.suppress(RedisError, OSError):
                    await self._lease.give_up()
                raise
        await self._show()

    async def _reconcile(self) -> None:
        report = await self._reconciler.run(on_page=self._lease.keep)
        for case in report.cases:
            log.warning("drift", kind=case.kind, ours=case.ours, theirs=case.theirs, room=case.room)
        log.info("reconciled", rooms=report.rooms, members=report.members)
        note = {"drift": msgspec.json.encode(report.drift).decode(), "ended_s": self._now()}
        await self._lease.keep(note)

    async def _show(self) -> None:
        note = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(RECONCILE_NOTE))
        if not note:
            return
        RECONCILED_AT.set(float(note[b"ended_s"]))
        for kind, count in msgspec.json.decode(note[b"drift"], type=dict[str, int]).items():
            DRIFT.labels(kind).set(count)

    def _now(self) -> str:
        return str(self._clock.now().timestamp())
