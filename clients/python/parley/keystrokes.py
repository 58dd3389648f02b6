"""When to tell a room that one types, and when that one stopped.

The first key is told at once and more of them at most every 200 ms; a second without any ends it.
The server forgets a typist a second after it was told last, and whenever that session sends a
message or is lost. So a key is told within 200 ms, not only the first, and an end that the server
sees by itself is not told.
"""

import math
from dataclasses import dataclass

from .commands import SendTyping

TELL_PAUSE_S = 0.2
"""The shortest time between two keys that are told of one room; the server passes on no more."""

SILENCE_S = 1.0
"""Without a key for so long, one has stopped."""


@dataclass(slots=True)
class Writing:
    """What one does in one room.

    Attributes:
        key_at: when the last key was pressed; ``-inf`` once that was declared over.
        told_at: when a key was told last.
        is_told: whether the others may believe that one types.
        is_owed: whether a key was pressed since one was told.
    """

    key_at: float = -math.inf
    told_at: float = -math.inf
    is_told: bool = False
    is_owed: bool = False


class Keystrokes:
    """The keys pressed in all rooms, on one connection."""

    def __init__(self) -> None:
        self._rooms: dict[str, Writing] = {}

    def press(self, room: str, now: float) -> None:
        """Note a key of a text that is being written for a room."""
        writing = self._rooms.setdefault(room, Writing())
        writing.key_at, writing.is_owed = now, True

    def stop(self, room: str) -> None:
        """Note that nothing is being written in a room any more."""
        if room in self._rooms:
            self._rooms[room].key_at = -math.inf

    def sent(self, room: str) -> None:
        """Note that a message is sent to a room: the server ends typing there by itself."""
        if room in self._rooms:
            self._rooms[room].is_told = self._rooms[room].is_owed = False

    def forget(self, room: str) -> None:
        """Tell nothing of a room that one is no longer a member of."""
        self._rooms.pop(room, None)

    def clear(self) -> None:
        """Forget everything: with the connection, the server did too."""
        self._rooms.clear()

    def due(self, now: float) -> list[SendTyping]:
        """Return what to tell now, at most one frame of a room; each is returned once."""
        told = (self._tell(room, writing, now) for room, writing in self._rooms.items())
        return [frame for frame in told if frame is not None]

    @property
    def pending(self) -> bool:
        """Whether time alone will bring something to tell."""
        return any(writing.is_told or writing.is_owed for writing in self._rooms.values())

    def _tell(self, room: str, writing: Writing, now: float) -> SendTyping | None:
        if now >= writing.key_at + SILENCE_S:
            was_told, writing.is_told, writing.is_owed = writing.is_told, False, False
            return SendTyping(room=room, is_typing=False) if was_told else None
        if not writing.is_owed or now < writing.told_at + TELL_PAUSE_S:
            return None
        writing.is_told, writing.is_owed, writing.told_at = True, False, now
        return SendTyping(room=room, is_typing=True)
