"""Whether silence proves anything: only to who has listened all the while.

Who did not hear a process for 30 s may have been deaf: it has just begun, Redis was away or was
wiped, the stream was not read to its end, or this very process hung.
"""

MOST_BETWEEN_S = 5.0
"""Longest time between two looks; after a longer one nothing is known about what was between."""
MOST_BEHIND_S = 3.0
"""How old an entry may be that nobody has handled yet."""


class Sight:
    """Since when everything was heard that was told.

    Args:
        clear_after_s: for how long that must be so before silence counts.
    """

    def __init__(self, *, clear_after_s: float) -> None:
        self._clear_after_s = clear_after_s
        self._since_s: float | None = None
        self._looked_at_s = 0.0
        self._epoch: str | None = None

    def look(self, now_s: float, *, epoch: str, behind_s: float) -> None:
        """Take note of what one look has shown.

        Args:
            now_s: of a monotonic clock.
            epoch: which life Redis is in.
            behind_s: age of the oldest entry of the stream that nobody has handled; 0 for none.
        """
        was_gone = now_s - self._looked_at_s > MOST_BETWEEN_S
        if was_gone or epoch != self._epoch or behind_s > MOST_BEHIND_S:
            self._since_s = None
        if self._since_s is None and behind_s <= MOST_BEHIND_S:
            self._since_s = now_s
        self._looked_at_s, self._epoch = now_s, epoch

    def is_clear(self, now_s: float) -> bool:
        """Tell whether silence counts."""
        return self._since_s is not None and now_s - self._since_s >= self._clear_after_s
