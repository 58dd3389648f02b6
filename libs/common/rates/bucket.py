"""A token bucket, kept as one number: the generic cell rate algorithm.

Source: ITU-T I.371, annex A (the virtual scheduling algorithm).
"""

ROUNDING_S = 1e-6
"""What sums of floats may be off; without it a burst would end one token early now and then."""


class TokenBucket:
    """Lets ``burst`` things through at once, and ``per_s`` a second in the long run."""

    def __init__(self, *, per_s: float, burst: int) -> None:
        self._interval_s = 1 / per_s
        self._burst = burst
        self._due_s = float("-inf")

    def take(self, now_s: float, count: int = 1) -> float:
        """Take tokens at ``now_s`` (monotonic); more than ``burst`` at once are as many as that.

        Returns:
            0 if they were there; otherwise the seconds until they are, and nothing was taken.
        """
        count = min(count, self._burst)
        wait_s = self._due_s - now_s - (self._burst - count) * self._interval_s
        if wait_s > ROUNDING_S:
            return wait_s
        self._due_s = max(now_s, self._due_s) + count * self._interval_s
        return 0.0

    def is_full(self, now_s: float) -> bool:
        """Tell whether nothing is missing, as in a new one."""
        return self._due_s <= now_s
