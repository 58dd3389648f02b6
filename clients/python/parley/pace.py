"""How fast to send: a token bucket with the limits that the server announced.

It starts full at every connection, as the server's does, and refills a little slower, so that the
time a frame travels cannot make the two disagree to our disadvantage. A pause that the server asked
for is no matter of one connection: what a person may send is counted over all of theirs.
"""

REFILL_SHARE = 0.95
"""Part of the server's rate that is used."""


class Pace:
    """A bucket of ``burst`` tokens; without ``limit`` there is none, and every send is allowed."""

    def __init__(self) -> None:
        self._rate_per_s = 0.0
        self._burst = 0.0
        self._tokens = 0.0
        self._filled_at = 0.0
        self._paused_until = 0.0

    def limit(self, *, rate_per_s: float, burst: float, now: float) -> None:
        """Take the limits of a new connection; the bucket is full, unless there is a pause."""
        self._rate_per_s = rate_per_s * REFILL_SHARE
        self._burst = burst
        self._tokens = burst if now >= self._paused_until else min(burst, 1.0)
        self._filled_at = now

    def pause(self, *, until: float) -> None:
        """Send nothing before ``until``, and no burst right after."""
        self._paused_until = max(self._paused_until, until)
        self._tokens = min(self._tokens, 1.0)

    def spend(self, now: float) -> bool:
        """Take a token for one message; ``False`` where it has to wait."""
        if now < self._paused_until:
            return False
        if self._burst == 0:
            return True
        refill = (now - self._filled_at) * self._rate_per_s
        self._tokens = min(self._burst, self._tokens + refill)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
