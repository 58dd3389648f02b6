"""Whether somebody is in front of this device, and when the server has to hear of it.

A new session counts as active, so only ``away`` is told again on a new connection. And because the
server takes a long silence for away, ``active`` is repeated now and then.
"""

from typing import Literal

from clients.python.parley.commands import Activity

State = Literal["active", "away"]

REPEAT_AFTER_S = 240.0
"""``active`` is told again after so long, in seconds; after six minutes of silence the server no
longer believes it."""


class Attendance:
    """What one said of oneself last; ``active`` until something else is said."""

    def __init__(self) -> None:
        self._state: State = "active"
        self._told_at = 0.0

    def connected(self, now: float) -> list[Activity]:
        """Begin a connection; return what has to be told on it."""
        self._told_at = now
        return [] if self._state == "active" else [Activity(state=self._state)]

    def change(self, state: State, now: float) -> list[Activity]:
        """Take in what one is; return it where the server does not know it, or not any more."""
        repeats = state == self._state
        self._state = state
        if repeats and (state == "away" or now < self._told_at + REPEAT_AFTER_S):
            return []
        self._told_at = now
        return [Activity(state=state)]
