"""How often news of the same thing are told: the first at once, then the newest of each interval.

No clock and no I/O: times are monotonic seconds that the caller gives, and that never go back.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Newest(Generic[K, T]):
    """Keeps the newest news of each key until it may be told, and nothing else.

    Args:
        every_s: least time between two tellings of one key, in seconds.
    """

    def __init__(self, *, every_s: float) -> None:
        self._every_s = every_s
        self._newest: dict[K, T] = {}
        self._ready: dict[K, None] = {}
        self._resting: dict[K, float] = {}  # until when; in this order, which is that of telling

    def __len__(self) -> int:
        """Return for how many keys something is kept."""
        return len(self._newest.keys() | self._resting.keys())

    def offer(self, key: K, news: T) -> bool:
        """Take news; what was kept of this key and not told is forgotten.

        Returns:
            Whether they may be told now.
        """
        self._newest[key] = news
        if key in self._resting:
            return False
        self._ready[key] = None
        return True

    def keeps(self, key: K) -> bool:
        """Tell whether there are news of a key that were not told."""
        return key in self._newest

    def due(self, now_s: float, *, limit: int) -> dict[K, T]:
        """Return what may be told now, at most ``limit``; it stays until ``told`` or ``forget``."""
        while self._resting and (first := next(iter(self._resting.items())))[1] <= now_s:
            key = first[0]
            del self._resting[key]
            if key in self._newest:
                self._ready[key] = None
        keys = [key for key, _ in zip(self._ready, range(limit), strict=False)]
        return {key: self._newest[key] for key in keys}

    def told(self, key: K, news: T, now_s: float) -> None:
        """Note that these news were told; newer ones that came meanwhile wait for their time."""
        self._ready.pop(key, None)
        if self._newest.get(key) is news:
            del self._newest[key]
        self._resting[key] = now_s + self._every_s

    def forget(self, key: K) -> None:
        """Drop what is kept of a key; only when it was told last is still remembered."""
        self._ready.pop(key, None)
        self._newest.pop(key, None)

    def next_at_s(self) -> float | None:
        """Return when to ask for what is due; None until something is offered.

        It may be a time at which nothing is: a rest that ended without news.
        """
        if self._ready:
            return float("-inf")
        return next(iter(self._resting.values()), None)
