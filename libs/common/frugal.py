"""What asyncio has, too, for things of which there are thousands and at which hardly anybody waits.

A deque takes 760 bytes before anything is in it; asyncio's event has one, and its queue four.
"""

import asyncio
from collections import deque
from typing import Generic, Literal, TypeVar

T = TypeVar("T")


class FrugalEvent(asyncio.Event):
    """An event that has a deque only where somebody has waited."""

    def __init__(self) -> None:
        self._waiters = ()  # type: ignore[assignment]  # asyncio only walks over it
        self._value = False

    async def wait(self) -> Literal[True]:
        """Wait until it is set."""
        if not self._value and not self._waiters:
            self._waiters = deque()
        return await super().wait()


class FrugalQueue(Generic[T]):
    """A queue without a bound, from which one task takes."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._taker: asyncio.Future[None] | None = None

    def put_nowait(self, item: T) -> None:
        """Put something behind the rest."""
        self._items.append(item)
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    async def get(self) -> T:
        """Take the first, as soon as there is one."""
        while not self._items:
            self._taker = asyncio.get_running_loop().create_future()
            try:
                await self._taker
            finally:
                self._taker = None
        return self.get_nowait()

    def get_nowait(self) -> T:
        """Take the first; ``IndexError`` where there is none."""
        return self._items.pop(0)

    def empty(self) -> bool:
        """Whether there is none."""
        return not self._items

    def qsize(self) -> int:
        """Return how many there are."""
        return len(self._items)
