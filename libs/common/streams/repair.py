"""Repairs the streams of a service: what readers may have missed is told again, by one process.

It is due in each new epoch, because Redis was wiped, restarted or failed over, and where a reader
asks for it. How far it has come is noted in Redis: whoever takes over goes on there. The note is
lost with the data, as it must be: a new epoch is repaired from the beginning. What changes while it
goes on needs no care, because its own news reach the new epoch.
"""

import asyncio
import contextlib
import datetime as dt
import os
import platform
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics
from libs.common.errors import ParleyError
from libs.common.leases import Lease
from libs.common.logs import describe
from libs.common.streams.epoch import Epoch

LOOK_EVERY_S = 3.0
"""How often each process looks whether a repair is due. With the lease's 10 s it bounds how long
one stands still when its process dies."""
PAUSE_S = 0.1
"""Between two pages: some megabytes a second beside the traffic."""
BEGINNING = ""
"""The cursor before everything."""
NOTED = ("epoch", "since", "after", "done", "wishes")
"""The fields of the note; see ``_note``."""

REPAIRS = metrics.counter("parley_repairs", "Repairs that this process brought to an end.")

log = structlog.get_logger(__name__)


class Teller(Protocol):
    """What a repair tells again. Every method may raise ``ParleyError``: it waits then."""

    async def safe_point(self) -> dt.datetime | None:
        """Return since when changes may have been missed; None where all may have been."""
        ...

    async def tell(self, *, since: dt.datetime | None, after: str) -> str | None:
        """Publish a page of what changed at ``since`` or later.

        Args:
            since: PostgreSQL's clock; None means everything.
            after: what the page before returned, or ``BEGINNING``.

        Returns:
            Behind what to go on; None where that was all.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairKeys:
    """Where a service keeps the state of its repair in Redis; in a cluster, of one hash tag.

    Attributes:
        lease: a string: which process repairs.
        note: a hash: how far it is. Written by the holder only.
        wishes: a hash: what readers asked for and nobody has done, by the name of the wish.
    """

    lease: str
    note: str
    wishes: str


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the repair of one epoch is.

    Attributes:
        since: what changed then or later is told; text that sorts as the times do, empty for
            everything.
        after: all up to there was told.
        done: nothing is left.
        wishes: the names of those that it fulfils.
    """

    since: str
    after: str = BEGINNING
    done: bool = False
    wishes: tuple[str, ...] = ()


class Repair:
    """One per process.

    Args:
        redis: any client that is not for the hot path.
        epoch: shared by the process.
        while_healthy: called now and then while no repair is due.
    """

    def __init__(
        self,
        *,
        redis: Redis,
        keys: RepairKeys,
        teller: Teller,
        epoch: Epoch,
        while_healthy: Callable[[], Awaitable[None]],
    ) -> None:
        self._redis = redis
        self._keys = keys
        self._teller = teller
        self._epoch = epoch
        self._while_healthy = while_healthy
        holder = f"{platform.node()}/{os.getpid()}"
        self._lease = Lease(redis, keys.lease, note_key=keys.note, holder=holder)
        self._woken = asyncio.Event()
        self._woken.set()

    def wake(self) -> None:
        """Look now: there is a new epoch, or a wish."""
        self._woken.set()

    async def ask(self, wish: str, *, everything: bool = False) -> None:
        """Have it done (again), once, by any process: since the safe point of now, or altogether.

        Wishes that wait are fulfilled together; one that comes while others are being fulfilled
        waits for the next time, because whoever asks may have lost what was just told.

        Args:
            wish: its name; the same name twice is one wish, unless it was fulfilled in between.
            everything: not from the safe point, but all there is.

        Raises:
            ParleyError: the safe point could not be read.
            redis.RedisError: Redis did not take the wish.
        """
        since = None if everything else await self._teller.safe_point()
        await cast("Awaitable[Any]", self._redis.hset(self._keys.wishes, wish, _text(since)))
        self.wake()

    async def run(self) -> None:
        """Look after the epoch until cancelled; a repair in progress is left to others then."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_S)
            self._woken.clear()
            try:
                await self.look_after_epoch()
            except ParleyError as error:
                log.info("repair_waits", code=error.code)
            except (RedisError, OSError) as error:
                log.info("repair_waits", error=describe(error))
            except Exception:
                log.exception("repair_bug")

    async def look_after_epoch(self) -> None:
        """Repair the epoch where that is due and nobody does; otherwise call ``while_healthy``.

        Raises:
            ParleyError: PostgreSQL or the publisher did not take part.
            redis.RedisError: Redis did not.
        """
        if await self.healthy_life() is not None:
            await self._while_healthy()
        elif await self._lease.take():
            try:
                await self._repair(await self._epoch.check())
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await self._lease.give_up()

    async def healthy_life(self) -> str | None:
        """Return a name of the epoch and its newest repair; None while one is due.

        Raises:
            redis.RedisError: Redis did not say.
        """
        epoch = await self._epoch.check()
        # In this order: a wish goes when the note of its fulfilment is there.
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hlen(self._keys.wishes)
        pipeline.hmget(self._keys.note, NOTED)
        wishes, noted = await pipeline.execute()
        progress = _progress(noted, epoch)
        if wishes or progress is None or not progress.done:
            return None
        return " ".join([epoch, *progress.wishes])

    async def _repair(self, epoch: str) -> None:
        progress = await self._progress_of(epoch)  # again: nobody else moves it from now on
        if progress is None or progress.done:
            progress = await self._begin(fresh=progress is None)
        if progress is None:
            return
        log.info("repair_begins", since=progress.since, after=progress.after)
        since = dt.datetime.fromisoformat(progress.since) if progress.since else None
        while not progress.done:
            after = await self._teller.tell(since=since, after=progress.after)
            progress = msgspec.structs.replace(progress, after=after or "", done=after is None)
            if not await self._lease.keep(_note(epoch, progress)):
                log.warning("repair_lost_its_lease")
                return
            if await self._epoch.check() != epoch:
                self.wake()
                return
            if not progress.done:
                await asyncio.sleep(PAUSE_S)
        REPAIRS.inc()
        await self._forget(progress.wishes)
        log.info("repair_ends")

    async def _begin(self, *, fresh: bool) -> Progress | None:
        """Return where a repair begins: at the oldest of what makes it due, if anything does."""
        wishes: Any = await cast("Awaitable[Any]", self._redis.hgetall(self._keys.wishes))
        sinces = [since.decode() for since in wishes.values()]
        if fresh:
            sinces.append(_text(await self._teller.safe_point()))
        if not sinces:
            return None  # somebody else has done it a moment ago
        names = tuple(sorted(name.decode() for name in wishes))
        return Progress(since=min(sinces), wishes=names)

    async def _forget(self, wishes: Sequence[str]) -> None:
        if wishes:
            await cast("Awaitable[Any]", self._redis.hdel(self._keys.wishes, *wishes))

    async def _progress_of(self, epoch: str) -> Progress | None:
        return _progress(
            await cast("Awaitable[Any]", self._redis.hmget(self._keys.note, NOTED)), epoch
        )


def _text(since: dt.datetime | None) -> str:
    return "" if since is None else since.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _progress(noted: Sequence[bytes | None], epoch: str) -> Progress | None:
    of, since, after, done, wishes = (str(value or b"", "utf-8") for value in noted)
    if of != epoch:
        return None
    return Progress(since=since, after=after, done=bool(done), wishes=tuple(wishes.split()))


def _note(epoch: str, progress: Progress) -> dict[str, str]:
    return {
        "epoch": epoch,
        "since": progress.since,
        "after": progress.after,
        "done": "yes" if progress.done else "",
        "wishes": " ".join(progress.wishes),
    }
