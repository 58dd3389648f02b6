"""The sign of an own message: how far it has come, as every client of this server shows it.

Signs and colours are the server's table where it has one, so that they are those of the page. A
colour is told by its name, not by its code: what blue is, the person has chosen for the terminal.
"""

from collections.abc import Callable, Mapping

from clients.python.parley import Look, Progress
from clients.python.terminal.lines import Mark, Piece
from clients.python.terminal.safe import safe

PLAIN: Mapping[Mark, Piece] = {
    Mark.THEIRS: ("dim", "│"),
    Mark.PENDING: ("tick.grey", "…"),
    Mark.QUEUED: ("tick.grey", "↻"),
    Mark.SENT: ("tick.grey", "✓"),
    Mark.DELIVERED: ("tick.grey", "✓✓"),
    Mark.READ: ("tick.blue", "✓✓"),
    Mark.FAILED: ("tick.red", "!"),
}
"""What is shown where the server does not say."""

COLOURS = frozenset(("grey", "blue", "red", "green", "yellow"))
"""The names of colours that a screen knows; of another one the sign is grey."""


class Ticks:
    """The signs, and who tells how far a message is.

    Args:
        progress: of the message with this seq in this room, as everybody else has it.
    """

    def __init__(self, progress: Callable[[str, int], Progress]) -> None:
        self._progress = progress
        self._signs = dict(PLAIN)

    def adopt(self, looks: Mapping[str, Look]) -> None:
        """Show the states as the server's table says; what it does not have stays."""
        for mark in Mark:
            look = looks.get(mark.value)
            if look is not None and look.sign.strip():
                colour = look.colour.name if look.colour.name in COLOURS else "grey"
                self._signs[mark] = (f"tick.{colour}", safe(look.sign.strip()))

    def sign(self, mark: Mark) -> Piece:
        """Return the sign of a state."""
        return self._signs[mark]

    def mark(self, room: str, seq: int) -> Mark:
        """Return the state of an own message that is stored; it only ever goes on."""
        return Mark(self._progress(room, seq).value)
