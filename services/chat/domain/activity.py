"""Whether a session's person is at it: what they say, what they do, and for how long they are silent.

A client says `away` when nobody looks, or after five minutes without a touch. One that says nothing
counts as away when it has done nothing a person would do for longer than that.
"""

import math
from dataclasses import dataclass

SILENT_AFTER_S = 360.0
"""Longer than a client waits that says it by itself, and than it lets pass while somebody is there."""


@dataclass(slots=True)
class Activity:
    """Of one session.

    Attributes:
        acted_at_s: when the person did something last; of a monotonic clock. Infinite before that
            was ever noted.
        is_away: that was long ago, or the client said so.
    """

    acted_at_s: float = math.inf
    is_away: bool = False

    def act(self, now_s: float) -> bool:
        """Take note that the person did something; tell whether they come back by it."""
        self.acted_at_s = now_s
        came_back, self.is_away = self.is_away, False
        return came_back

    def go_away(self) -> bool:
        """Take the client's word that nobody is there; tell whether that is news."""
        was_there, self.is_away = not self.is_away, True
        return was_there

    def fall_silent(self, now_s: float) -> bool:
        """Judge by the time; tell whether the person is away from now on, and was not before."""
        return now_s - self.acted_at_s >= SILENT_AFTER_S and self.go_away()
