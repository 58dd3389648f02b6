"""A token bucket, kept as one number: the generic cell rate algorithm.

Source: ITU-T I.371, annex A (the virtual scheduling algorithm).
"""

ROUNDING_S = 1e-6
"""What sums of floats may be off; without it a burst would end one token early now and then."""


class TokenBucket:
    """Lets ``burst`` things through at once, and ``per_s`` a second in the long run."""

    def __init__(self, *, per_s: float, burst: int) -> None:
        self._interval_s = 1 / per_s
        self._tolerance_s = (burst - 1) / per_s
        self._due_s = float("-inf")

    def take(self, now_s: float) -> float:
        """Take one token at ``now_s`` (monotonic).

        Returns:
            0 if it was there; otherwise the seconds until there is one, and nothing was taken.
        """
        wait_s = self._due_s - now_s - self._tolerance_s
        if wait_s > ROUNDING_S:
            return wait_s
        self._due_s = max(now_s, self._due_s) + self._interval_s
        return 0.0
