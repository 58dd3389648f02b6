"""When and how to come back after a connection ended: the table of close codes, as values.

The first try after a loss comes within 2 s and every later one doubles, each times a random
0.5…1, so that a thousand clients of a restarted server do not return in the same instant.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

BASES_S = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Base of the pause before each try."""

OFFLINE_PAUSE_S = 60.0
"""The pause after the last of ``BASES_S``."""

RATE_LIMITED_PAUSE_S = 10.0
"""The shortest pause after 4029: the server's buckets have to refill."""

STEADY_AFTER_S = 10.0
"""A connection that lived for so long was a good one, whatever ended it."""


class Action(enum.Enum):
    """What a close code asks of a client."""

    COME_BACK = "come back"
    BACK_OFF = "back off"
    WAIT = "wait"
    RENEW = "renew the session first"
    STOP = "stop: this is a bug of the client"


_ACTIONS: Mapping[int, Action] = {
    1001: Action.COME_BACK,
    1003: Action.STOP,
    1007: Action.STOP,
    1009: Action.STOP,
    1012: Action.COME_BACK,
    4001: Action.RENEW,
    4008: Action.BACK_OFF,
    4029: Action.WAIT,
    4503: Action.BACK_OFF,
}


def action_after(close_code: int) -> Action:
    """Say what a close code asks for; what the table does not name is a loss to come back from."""
    return _ACTIONS.get(close_code, Action.COME_BACK)


@dataclass(frozen=True, slots=True)
class Step:
    """The next move: ``action``, after ``delay_s``."""

    action: Action
    delay_s: float


@dataclass(slots=True)
class Ladder:
    """How often this client failed in a row.

    Attributes:
        random: returns a float in [0, 1).
        bases_s: the rungs.
        rung: the next pause's place in ``bases_s``; beyond its end while offline.
        renewals: how often 4001 came without a steady connection in between.
    """

    random: Callable[[], float]
    bases_s: tuple[float, ...] = BASES_S
    rung: int = 0
    renewals: int = 0

    @property
    def offline(self) -> bool:
        """Whether all of ``bases_s`` were climbed in vain; the tries are slow from now on."""
        return self.rung > len(self.bases_s)

    def after(self, close_code: int, *, lived_s: float | None, announced_s: float | None) -> Step:
        """Decide the next move.

        Args:
            close_code: how the connection ended; 1006 where it could not even be opened.
            lived_s: time since its ``welcome``; ``None`` where none came.
            announced_s: the pause that a ``reconnect`` frame asked for.
        """
        action = action_after(close_code)
        if lived_s is not None:
            steady = lived_s >= STEADY_AFTER_S
            if steady:
                self.renewals = 0
            if steady or action is Action.COME_BACK:
                self.rung = 0
        if action is Action.STOP:
            return Step(action, 0.0)
        if action is Action.RENEW:
            self.renewals += 1
            return Step(action, 0.0 if self.renewals == 1 else self.calculate_backoff())
        if announced_s is not None:
            return Step(action, announced_s)
        pause_s = self.calculate_backoff()
        return Step(
            action, max(pause_s, RATE_LIMITED_PAUSE_S) if action is Action.WAIT else pause_s
        )

    def calculate_backoff(self) -> float:
        """Climb a rung, and return the pause there in seconds."""
        self.rung += 1
        if self.offline:
            return OFFLINE_PAUSE_S
        return self.bases_s[self.rung - 1] * (0.5 + self.random() / 2)
