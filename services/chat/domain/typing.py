"""Typing, as values: when a keystroke is told, when silence ends it, and who is seen to type.

Nothing of it is kept anywhere but in memory. Times are seconds of one monotonic clock, which the
caller reads; what is told about a typist is told by the process of their session.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

REPEAT_AFTER_S = 0.2
"""Least time between two updates about one typist: keystrokes in between become one."""
SILENT_AFTER_S = 1.0
"""How long after their last keystroke a typist has stopped."""
EXPIRES_AFTER_S = 1.5
"""How long after the last update nobody is seen to type any more: the news of the end was lost."""


class Typist(NamedTuple):
    """Somebody at the keys: a session in a room."""

    room: str
    user: str
    session: str


@dataclass(slots=True)
class _Keystrokes:
    """When the last key was pressed, when something was told last, and whether it is told at all."""

    last_s: float
    told_s: float
    is_told: bool

    @property
    def is_owed(self) -> bool:
        """Whether something has to be told that was not."""
        return not self.is_told or self.last_s > self.told_s


class OwnTypists:
    """Who types in the sessions of this process, and what of that is to be told."""

    def __init__(self) -> None:
        self._typing: dict[Typist, _Keystrokes] = {}
        self._stopped_s: dict[Typist, float] = {}

    def __len__(self) -> int:
        return len(self._typing) + len(self._stopped_s)

    def __iter__(self) -> Iterator[Typist]:
        return iter(self._typing)

    def press(self, typist: Typist, now_s: float) -> bool:
        """Take a keystroke; tell whether it is to be told at once.

        The first one is, unless it was told a moment ago by ``stop`` that the typist had stopped.
        """
        known = self._typing.get(typist)
        if known is not None:
            known.last_s = now_s
            return False
        told_s = self._stopped_s.pop(typist, -math.inf)
        is_told = now_s - told_s >= REPEAT_AFTER_S
        self._typing[typist] = _Keystrokes(now_s, now_s if is_told else told_s, is_told)
        return is_told

    def stop(self, typist: Typist, now_s: float) -> bool:
        """Forget a typist; tell whether anybody was told of them, and has to hear of it."""
        known = self._typing.pop(typist, None)
        if known is None:
            return False
        self._stopped_s[typist] = now_s if known.is_told else known.told_s
        return known.is_told

    def of_session(self, session: str) -> list[Typist]:
        """Return where somebody types in a session."""
        return [typist for typist in self._typing if typist.session == session]

    def repeated(self, now_s: float) -> list[Typist]:
        """Return those who pressed a key since something was told of them, long enough ago."""
        due = [
            typist
            for typist, keys in self._typing.items()
            if keys.is_owed and now_s - keys.told_s >= REPEAT_AFTER_S
        ]
        for typist in due:
            keys = self._typing[typist]
            keys.told_s, keys.is_told = now_s, True
        return due

    def silent(self, now_s: float) -> list[Typist]:
        """Forget those who have stopped; return those of them who were told of."""
        silent = [
            typist for typist, keys in self._typing.items() if now_s - keys.last_s >= SILENT_AFTER_S
        ]
        told = [typist for typist in silent if self._typing.pop(typist).is_told]
        self._stopped_s = {
            typist: stopped_s
            for typist, stopped_s in self._stopped_s.items()
            if now_s - stopped_s < REPEAT_AFTER_S
        }
        return told


class SeenTypists:
    """Who is seen to type in one room, in the order in which they began."""

    def __init__(self) -> None:
        self._until_s: dict[tuple[str, str], float] = {}

    def __len__(self) -> int:
        return len(self._until_s)

    def see(self, user: str, session: str, now_s: float) -> None:
        """Take an update about a typist."""
        self._until_s[user, session] = now_s + EXPIRES_AFTER_S

    def end(self, user: str, session: str) -> None:
        """Take the news that a typist has stopped."""
        self._until_s.pop((user, session), None)

    def expire(self, now_s: float) -> int:
        """Forget those about whom nothing came for too long; return how many."""
        stale = [key for key, until_s in self._until_s.items() if now_s >= until_s]
        for key in stale:
            del self._until_s[key]
        return len(stale)

    @property
    def users(self) -> tuple[str, ...]:
        """Each of them once, however many of their sessions type."""
        return tuple(dict.fromkeys(user for user, _ in self._until_s))


def without(users: Iterable[str], user: str) -> Iterator[str]:
    """Yield typists as one of them may see them: without themselves."""
    return (each for each in users if each != user)
