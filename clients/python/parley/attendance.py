"""Whether somebody is in front of this device, and when the server has to hear of it.

A new session counts as active, so only ``away`` is told again on a new connection; and behind what
the server takes for the deed of a person though nobody is there: a message of a script, or one that
is read because it stands on a screen. As a long silence counts as away, ``active`` is repeated.
"""

from collections.abc import Iterable
from typing import Literal

from .commands import Activity, Command, ReadReceipt, Retry, SendMessage

State = Literal["active", "away"]

DEEDS = (SendMessage, Retry, ReadReceipt)
"""What the server takes for a sign that somebody is there; so are keys, which only people press."""

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

    def behind(self, commands: Iterable[Command]) -> list[Activity]:
        """Return what has to be told behind these commands, so that what was said still holds."""
        if self._state == "active" or not any(isinstance(one, DEEDS) for one in commands):
            return []
        return [Activity(state=self._state)]
