"""A bounded queue between the connection, which never waits, and a reader that may.

Where the reader is too slow the oldest items go, and the reader is told by ``FellBehind``: nothing
is given up in silence, and a forgotten feed cannot eat the memory.
"""

import asyncio
import weakref
from collections import deque
from collections.abc import Iterable
from typing import Generic, Self, TypeVar

from .errors import FellBehind, ParleyError

T = TypeVar("T")

FEED_ITEMS = 10_000
"""Items that wait for their reader. At 100 messages/s, a pause of a minute and a half."""


class Feed(Generic[T]):
    """An asynchronous iterator over what is put into it. One reader at a time.

    Args:
        limit: how many items may wait.
    """

    def __init__(self, limit: int = FEED_ITEMS) -> None:
        self._items: deque[T] = deque(maxlen=limit)
        self._missed = 0
        self._ended: ParleyError | None = None
        self._closed = False
        self._wake = asyncio.Event()

    def put(self, item: T) -> None:
        """Add an item; never waits."""
        if len(self._items) == self._items.maxlen:
            self._missed += 1
        self._items.append(item)
        self._wake.set()

    def close(self, error: ParleyError | None = None) -> None:
        """Let the reader stop after what is still here, with ``error`` where one is given."""
        self._closed = True
        self._ended = error
        self._wake.set()

    async def next(self) -> T:
        """Return the next item; cancelling the wait loses none.

        Raises:
            FellBehind: older items were given up; the next call goes on after them.
            StopAsyncIteration: the chat was closed.
            ParleyError: the chat ended with it.
        """
        while not self._items and not self._closed:
            self._wake.clear()
            await self._wake.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            raise FellBehind(missed)
        if self._items:
            return self._items.popleft()
        if self._ended is not None:
            raise self._ended
        raise StopAsyncIteration

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await self.next()

    def __len__(self) -> int:
        return len(self._items)


class Feeds(Generic[T]):
    """The same items for any number of readers; a feed ends when nobody holds it any more."""

    def __init__(self) -> None:
        self._feeds: weakref.WeakSet[Feed[T]] = weakref.WeakSet()

    def open(self) -> Feed[T]:
        """Return a feed of every item from now on."""
        feed: Feed[T] = Feed()
        self._feeds.add(feed)
        return feed

    def put(self, item: T) -> None:
        """Give an item to every reader."""
        for feed in self._feeds:
            feed.put(item)

    def put_all(self, items: Iterable[T]) -> None:
        """Give some items to every reader, in order."""
        for item in items:
            self.put(item)

    def close(self, error: ParleyError | None = None) -> None:
        """Close every feed, as ``Feed.close`` does."""
        for feed in self._feeds:
            feed.close(error)
