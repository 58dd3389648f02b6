"""Whether a session's person is at it: what they say, what they do, and for how long they are silent.

A client says `away` when nobody looks, or after five minutes without a touch, and is believed until
it says `active`: it may well send what was written before. One that says nothing counts as away when
it has done nothing a person would do for longer than that, until it does.
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
        is_said: the client said so.
    """

    acted_at_s: float = math.inf
    is_away: bool = False
    is_said: bool = False

    def act(self, now_s: float) -> bool:
        """Take note of what a person does; tell whether they come back by it."""
        self.acted_at_s = now_s
        return not self.is_said and self._set(is_away=False)

    def come_back(self, now_s: float) -> bool:
        """Take the client's word that somebody is there; tell whether that is news."""
        self.acted_at_s, self.is_said = now_s, False
        return self._set(is_away=False)

    def go_away(self) -> bool:
        """Take the client's word that nobody is there; tell whether that is news."""
        self.is_said = True
        return self._set(is_away=True)

    def fall_silent(self, now_s: float) -> bool:
        """Judge by the time; tell whether the person is away from now on, and was not before."""
        return now_s - self.acted_at_s >= SILENT_AFTER_S and self._set(is_away=True)

    def _set(self, *, is_away: bool) -> bool:
        before, self.is_away = self.is_away, is_away
        return before is not is_away
