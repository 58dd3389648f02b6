"""Tells rooms again after Redis was wiped, restarted or failed over: ``room.snapshot``.

One process at a time does it, and notes in Redis how far it has come: whoever takes over goes on
there. The note is lost with the data, as it must be: a new epoch is repaired from the beginning.
Rooms that change while it goes on need no care, because their own news reach the new epoch.
"""

import asyncio
import contextlib
import os
import platform
from collections.abc import Awaitable, Sequence
from typing import Any, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.leases import Lease
from libs.common.logs import describe
from libs.common.streams.entries import Outgoing
from libs.common.streams.epoch import Epoch
from libs.common.streams.publisher import Publisher
from services.chat.outbox.safe_point import SafePointMover
from services.chat.selectors.snapshots import BEGINNING, changed_rooms, safe_point, snapshots_of
from services.chat.store import CHAT_ROOMS, SNAPSHOTS_LEASE, SNAPSHOTS_NOTE

LOOK_EVERY_S = 3.0
"""How often each process looks whether the epoch is repaired. With the lease's 10 s it bounds how
long a repair stands still when its process dies."""
PAUSE_S = 0.1
"""Between two pages of at most about 2000 members: some megabytes a second beside the traffic."""

TOLD_AGAIN = metrics.counter("parley_snapshots", "Rooms told again by a repair.")
REPAIRS = metrics.counter("parley_snapshot_repairs", "Repairs that this process brought to an end.")

log = structlog.get_logger(__name__)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the repair of one epoch is: all rooms up to ``after`` were told."""

    after: str = BEGINNING
    done: bool = False


class Snapshots:
    """One per process.

    Args:
        redis: any client that is not for the hot path.
        epoch: shared by the process.
        safe_point: is moved while no repair is due.
    """

    def __init__(
        self,
        *,
        redis: Redis,
        publisher: Publisher,
        database: DatabaseThreads,
        epoch: Epoch,
        safe_point: SafePointMover,
    ) -> None:
        self._redis = redis
        self._publisher = publisher
        self._database = database
        self._epoch = epoch
        self._safe_point = safe_point
        holder = f"{platform.node()}/{os.getpid()}"
        self._lease = Lease(redis, SNAPSHOTS_LEASE, note_key=SNAPSHOTS_NOTE, holder=holder)
        self._woken = asyncio.Event()
        self._woken.set()

    def wake(self) -> None:
        """Look now: there is a new epoch."""
        self._woken.set()

    async def run(self) -> None:
        """Look after the epoch until cancelled; a repair in progress is left to others then."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_S)
            self._woken.clear()
            try:
                await self.look_after_epoch()
            except ParleyError as error:
                log.info("snapshots_wait", code=error.code)
            except (RedisError, OSError) as error:
                log.info("snapshots_wait", error=describe(error))
            except Exception:
                log.exception("snapshots_bug")

    async def look_after_epoch(self) -> None:
        """Repair the epoch where nobody has and nobody does; otherwise move the safe point.

        Raises:
            ParleyError: PostgreSQL or the publisher did not take part.
            redis.RedisError: Redis did not.
        """
        epoch = await self._epoch.check()
        if (await self._progress_of(epoch)).done:
            await self._safe_point.move(epoch)
        elif await self._lease.take():
            try:
                await self._repair(epoch)
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await self._lease.give_up()

    async def _repair(self, epoch: str) -> None:
        progress = await self._progress_of(epoch)  # again: nobody else moves it from now on
        since = await self._database.run(safe_point)
        log.info("repair_begins", since=str(since), after=progress.after)
        while not progress.done:
            page = await self._database.run(changed_rooms, since=since, after=progress.after)
            if page.rooms:
                await self._tell(page.rooms)
            progress = Progress(after=page.next or "", done=page.next is None)
            if not await self._lease.keep(_note(epoch, progress)):
                log.warning("repair_lost_its_lease")
                return
            if await self._epoch.check() != epoch:
                self.wake()
                return
        REPAIRS.inc()
        log.info("repair_ends")

    async def _tell(self, rooms: Sequence[str]) -> None:
        if self._publisher.breaker.retry_after_s > 0:
            raise Unavailable(retry_after_s=self._publisher.breaker.retry_after_s)
        snapshots = await self._database.run(snapshots_of, rooms)
        await self._publisher.publish([Outgoing(CHAT_ROOMS, 0, snapshots)])
        TOLD_AGAIN.inc(len(snapshots))
        await asyncio.sleep(PAUSE_S)

    async def _progress_of(self, epoch: str) -> Progress:
        names = ("epoch", "after", "done")
        reply = await cast("Awaitable[Any]", self._redis.hmget(SNAPSHOTS_NOTE, names))
        noted, after, done = (str(value or b"", "utf-8") for value in reply)
        return Progress(after=after, done=bool(done)) if noted == epoch else Progress()


def _note(epoch: str, progress: Progress) -> dict[str, str]:
    return {"epoch": epoch, "after": progress.after, "done": "yes" if progress.done else ""}
