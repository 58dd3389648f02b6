"""When to look whether what could not be reached answers again: ever more rarely while it does not.

No message is spent on that: a service is asked for its health. What is tried again and fails again
makes the pause longer, too, so that a server that only seems well is not pestered.
"""

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0
"""Bounds of the pause between two looks, in seconds; it doubles from one to the other."""


class Vigil:
    """See the module."""

    def __init__(self) -> None:
        self._pause_s = FIRST_PAUSE_S
        self._due: float | None = None
        self._revived_at = float("-inf")
        self._is_asking = False

    def begin(self, now: float) -> None:
        """Note that something waits for a service; harmless where something did before."""
        if self._due is None:
            self._due = now + self._pause_s

    def end(self) -> None:
        """Note that nothing waits any more."""
        self._pause_s, self._due = FIRST_PAUSE_S, None
        self._revived_at = float("-inf")

    def ask(self, now: float) -> bool:
        """Return whether to look now; that counts as begun until ``told``."""
        if self._is_asking or self._due is None or now < self._due:
            return False
        self._is_asking = True
        return True

    def told(self, now: float) -> None:
        """Take in the end of a look."""
        self._is_asking = False
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        if self._due is not None:
            self._due = now + self._pause_s

    def may_revive(self, now: float) -> bool:
        """Return whether an answer to something else is a reason to try again what waits.

        At most once a pause; then it counts as done.
        """
        if now < self._revived_at + self._pause_s:
            return False
        self._revived_at = now
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        return True
