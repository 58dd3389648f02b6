"""Notices that Redis was wiped, restarted or failed over: what had no outcome is submitted again."""

import asyncio
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.logs import describe
from libs.common.streams.epoch import Epoch
from services.queue.actions.outgoing import submit_all_again

LOOK_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class EpochWatch:
    """One per process.

    Args:
        on_epoch: called when there is another epoch than before, also at the start, when everything
            that was submitted is due again.
    """

    def __init__(
        self,
        *,
        epoch: Epoch,
        database: DatabaseThreads,
        clock: Clock,
        on_epoch: Callable[[], None],
    ) -> None:
        self._epoch = epoch
        self._database = database
        self._clock = clock
        self._on_epoch = on_epoch
        self._handled: str | None = None

    async def run(self) -> None:
        """Look every second, until cancelled."""
        while True:
            try:
                await self.look()
            except ParleyError as error:
                log.info("epoch_waits", code=error.code)
            except (RedisError, OSError) as error:
                log.info("epoch_waits", error=describe(error))
            except Exception:
                log.exception("epoch_bug")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Do what is due in a new epoch.

        Raises:
            ParleyError: PostgreSQL did not take part; it is done the next time.
            redis.RedisError: Redis did not.
        """
        epoch = await self._epoch.check()
        if epoch == self._handled:
            return
        await self._database.run(submit_all_again, now=self._clock.now())
        self._handled = epoch
        self._on_epoch()
