"""Tells all processes who types: at once, at most once, and not at all where Redis is in trouble."""

from collections.abc import Sequence

from libs.common import metrics
from libs.common.errors import ParleyError
from libs.common.events import TypingChanged, TypingNews
from libs.common.streams.entries import outgoing_by_room
from libs.common.streams.publisher import Publisher
from libs.common.tasks import TaskSet
from services.chat.store import CHAT_TYPING

NEWS_PER_EVENT = 1_000
MOST_WAITING = 10_000
"""Typists of whom something waits. Above it Redis hangs, and it would be late when it goes on."""

TOLD = metrics.counter("parley_typing_news", "Updates about typists that Redis has taken.")
DROPPED = metrics.counter("parley_typing_dropped", "Updates about typists that were dropped.")


class TypingTeller:
    """One per process, in its event loop.

    One publishing at a time: what comes meanwhile waits, of each typist the newest. So nobody who
    types in countless rooms is in the way of others.
    """

    def __init__(self, *, publisher: Publisher, partitions: int) -> None:
        self._publisher = publisher
        self._partitions = partitions
        self._tasks = TaskSet()
        self._waiting: dict[tuple[str, str], TypingNews] = {}
        self._is_busy = False

    def tell(self, news: Sequence[TypingNews]) -> None:
        """Publish in the background, or drop it; returns at once."""
        if self._publisher.breaker.retry_after_s > 0:
            DROPPED.inc(len(news))
            return
        for each in news:
            key = each.room, each.session
            if key not in self._waiting and len(self._waiting) >= MOST_WAITING:
                DROPPED.inc()
            else:
                self._waiting[key] = each
        if self._waiting and not self._is_busy:
            self._is_busy = True
            self._tasks.spawn(self._publish_waiting(), name="typing")

    async def stop(self) -> None:
        """Give up what is still under way."""
        await self._tasks.stop()

    async def _publish_waiting(self) -> None:
        try:
            while self._waiting:
                news, self._waiting = list(self._waiting.values()), {}
                await self._publish(news)
        finally:
            self._is_busy = False

    async def _publish(self, news: Sequence[TypingNews]) -> None:
        try:
            await self._publisher.publish(
                outgoing_by_room(
                    CHAT_TYPING,
                    news,
                    lambda some: TypingChanged(news=some),
                    partitions=self._partitions,
                    at_most=NEWS_PER_EVENT,
                )
            )
        except ParleyError:
            DROPPED.inc(len(news))
        else:
            TOLD.inc(len(news))
