"""Takes in what chat's processes tell of their sessions, and answers what they ask."""

import asyncio
from collections.abc import Sequence

import structlog

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.logs import describe
from services.presence.selectors.people import written
from services.presence.store.sessions import Known, SessionStore, Told

PEOPLE = 1_000
"""People who are looked up at once."""
LOOK_UP_WITHIN_S = 0.3
SPARED_FOR_S = 2.0
"""How long the database may take, and for how long it is left alone when it took longer: news of
sessions, which need no database, wait so long."""

TAKEN = metrics.counter("parley_presence_news", "What processes told of sessions.", ["kind"])
CHANGED = metrics.counter("parley_presence_changes", "Changes told as soon as they were heard of.")
ASKED = metrics.counter("parley_presence_asked", "People whom processes asked for.")

log = structlog.get_logger(__name__)


class UserPresenceManager:
    """One per process; several may share the work."""

    def __init__(self, *, store: SessionStore, database: DatabaseThreads) -> None:
        self._store = store
        self._database = database
        self._spare_until_s = 0.0

    async def take(self, told: Sequence[Told]) -> None:
        """Take in news of sessions; whom they make come or go is told to chat at once.

        Raises:
            redis.RedisError: Redis did not take part; perhaps it was done, and may be again.
        """
        for each in told:
            TAKEN.labels(each[0]).inc()
        CHANGED.inc(await self._store.take(told))

    async def answer(self, users: Sequence[str]) -> None:
        """Tell chat how people are; what cannot be said yet it asks again.

        Raises:
            redis.RedisError: Redis did not take part.
        """
        ASKED.inc(len(users))
        for start in range(0, len(users), PEOPLE):
            some = users[start : start + PEOPLE]
            await self._store.look(await self._known(some), and_tell=True)

    async def _known(self, users: Sequence[str]) -> Sequence[Known]:
        """Return what is written of people; without the database, who is there is told at least."""
        loop = asyncio.get_running_loop()
        try:
            if loop.time() >= self._spare_until_s:
                async with asyncio.timeout(LOOK_UP_WITHIN_S):
                    return await self._database.run(written, users)
        except (ParleyError, TimeoutError) as error:
            log.info("answers_without_database", error=describe(error))
            self._spare_until_s = loop.time() + SPARED_FOR_S
        return [Known(user=user, last_seen_ms=None, is_online=None) for user in users]
