"""What this device owes the server: how far it holds and has read each room.

Only the contiguous cursor is ever reported, the highest value stands for all below it, and after a
reconnection whatever the server does not know yet is reported again.
"""

from dataclasses import dataclass

from clients.python.parley.commands import Command, Delivered, ReadReceipt

READ_PAUSE_S = 0.2
"""The shortest time between two receipts of one room; the protocol's limit for clients."""


@dataclass(slots=True)
class Mark:
    """One room: ``held`` and ``seen`` here, ``delivered`` and ``read`` as the server was told."""

    held: int = 0
    seen: int = 0
    delivered: int = 0
    read: int = 0
    not_before: float = 0.0

    def owed(self) -> tuple[int, int]:
        """Return (delivered, read) to report; 0 where nothing is new."""
        read = min(self.seen, self.held)
        if read > self.read:
            return (self.held if self.held > read else 0), read
        return (self.held if self.held > max(self.delivered, self.read) else 0), 0


class Receipts:
    """The reports of all rooms.

    Args:
        automatic: report ``delivered`` whenever a room's cursor moves. Otherwise only ``read``
            is ever reported.
    """

    def __init__(self, *, automatic: bool = True) -> None:
        self._automatic = automatic
        self._marks: dict[str, Mark] = {}
        self._dirty: set[str] = set()

    def server_knows(self, room: str, *, delivered: int, read: int, held: int) -> None:
        """Take the server's view of a room as the base; what is above it is reported again."""
        mark = self._mark(room)
        mark.delivered, mark.read = delivered, read
        self.hold(room, held)

    def hold(self, room: str, seq: int) -> None:
        """Note that everything up to ``seq`` is held."""
        mark = self._mark(room)
        mark.held = max(mark.held, seq)
        self._dirty.add(room)

    def see(self, room: str, seq: int) -> None:
        """Note that everything up to ``seq`` was seen; told once it is also held."""
        mark = self._mark(room)
        mark.seen = max(mark.seen, seq)
        self._dirty.add(room)

    def forget(self, room: str) -> None:
        """Owe nothing for a room that one is no longer a member of."""
        self._marks.pop(room, None)
        self._dirty.discard(room)

    def due(self, now: float) -> list[Command]:
        """Return the receipts to send now; each is returned once."""
        frames: list[Command] = []
        for room in sorted(self._dirty):
            mark = self._marks[room]
            if mark.not_before <= now:
                frames += self._report(room, mark, now)
                self._dirty.discard(room)
        return frames

    @property
    def pending(self) -> bool:
        """Whether something may become due."""
        return bool(self._dirty)

    def _report(self, room: str, mark: Mark, now: float) -> list[Command]:
        delivered, read = mark.owed()
        frames: list[Command] = []
        if read:
            mark.read = read
            mark.delivered = max(mark.delivered, read)
            frames.append(ReadReceipt(room=room, seq=read))
        if delivered and self._automatic:
            mark.delivered = delivered
            frames.append(Delivered(room=room, seq=delivered))
        if frames:
            mark.not_before = now + READ_PAUSE_S
        return frames

    def _mark(self, room: str) -> Mark:
        return self._marks.setdefault(room, Mark())
