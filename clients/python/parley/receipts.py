"""What this device owes the server: how far it holds and has read each room.

Only the contiguous cursor is ever reported, and the highest value stands for all below it. On a new
connection whatever the server does not know yet is reported again: a report has no answer, so one
that was under way when the old connection ended may be lost.
"""

from dataclasses import dataclass

from .commands import Delivered, ReadReceipt

READ_PAUSE_S = 0.2
"""The shortest time between two receipts of one room; the protocol's limit for clients."""


@dataclass(slots=True)
class Mark:
    """One room: ``held`` and ``seen`` here, ``delivered`` and ``read`` as the server knows them.

    A report counts as known by the server, until the next connection.
    """

    held: int = 0
    seen: int = 0
    delivered: int = 0
    read: int = 0
    not_before: float = 0.0

    @property
    def read_owed(self) -> int:
        """What to report as read; 0 where nothing is new."""
        read = min(self.seen, self.held)
        return read if read > self.read else 0

    @property
    def delivered_owed(self) -> int:
        """What to report as delivered; 0 where nothing is new."""
        return self.held if self.held > max(self.delivered, self.read) else 0


class Receipts:
    """The reports of all rooms.

    Args:
        automatic: report ``delivered`` whenever a room's cursor moves. Otherwise only ``read``
            is ever reported.
    """

    def __init__(self, *, automatic: bool = True) -> None:
        self._automatic = automatic
        self._marks: dict[str, Mark] = {}
        self._owing: set[str] = set()

    def connected(self) -> None:
        """Begin a connection: nothing was told on it, and nothing is known of what arrived before.

        What ``server_knows`` says next is the base; whatever is above it is reported again.
        """
        for mark in self._marks.values():
            mark.delivered = mark.read = 0

    def server_knows(self, room: str, *, delivered: int, read: int, held: int) -> None:
        """Learn what the server knows of a room, from this device or another; never goes back."""
        mark = self._mark(room)
        mark.delivered, mark.read = max(mark.delivered, delivered), max(mark.read, read)
        self.hold(room, held)

    def hold(self, room: str, seq: int) -> None:
        """Note that everything up to ``seq`` is held."""
        mark = self._mark(room)
        mark.held = max(mark.held, seq)
        self._note(room, mark)

    def see(self, room: str, seq: int) -> None:
        """Note that everything up to ``seq`` was seen; told once it is also held."""
        mark = self._mark(room)
        mark.seen = max(mark.seen, seq)
        self._note(room, mark)

    def forget(self, room: str) -> None:
        """Owe nothing for a room that one is no longer a member of."""
        self._marks.pop(room, None)
        self._owing.discard(room)

    def due(self, now: float) -> list[Delivered | ReadReceipt]:
        """Return the receipts to send now, at most one of a room; each is returned once."""
        ready = [room for room in sorted(self._owing) if self._marks[room].not_before <= now]
        return [self._report(room, now) for room in ready]

    @property
    def pending(self) -> bool:
        """Whether something is owed, now or after a pause."""
        return bool(self._owing)

    def _report(self, room: str, now: float) -> Delivered | ReadReceipt:
        """Say what is owed first of a room: reading, because it implies the rest."""
        mark = self._marks[room]
        read, delivered = mark.read_owed, mark.delivered_owed
        mark.not_before = now + READ_PAUSE_S
        mark.read, mark.delivered = max(mark.read, read), max(mark.delivered, read or delivered)
        self._note(room, mark)
        if read:
            return ReadReceipt(room=room, seq=read)
        return Delivered(room=room, seq=delivered)

    def _note(self, room: str, mark: Mark) -> None:
        """Remember whether something is owed of a room."""
        owes = mark.read_owed or (self._automatic and mark.delivered_owed)
        (self._owing.add if owes else self._owing.discard)(room)

    def _mark(self, room: str) -> Mark:
        return self._marks.setdefault(room, Mark())
