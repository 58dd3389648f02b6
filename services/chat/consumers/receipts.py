"""Receipts of one connection that come faster than its rate: they wait, and are merged.

A receipt is a maximum, so of a room the highest says all. None is refused and none is lost; who
reports too often is only heard later.
"""

import asyncio
from collections.abc import Callable

from libs.common import metrics
from libs.common.errors import PermissionDenied

HELD_S = 1.0
"""How long receipts are gathered that came too fast."""

HELD = metrics.counter(
    "parley_receipts_held", "Receipts that came faster than a connection's rate, and were merged."
)

Mark = Callable[[str, int], None]
"""Takes a room and a seq; raises ``PermissionDenied`` where one is no member (any more)."""


class HeldReceipts:
    """What one connection has reported too fast, by room.

    Args:
        delivered: passes on that everything up to a seq is held.
        read: passes on that it was seen.
    """

    def __init__(self, *, delivered: Mark, read: Mark) -> None:
        self._delivered = delivered
        self._read = read
        self._marks: dict[str, tuple[int, int]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, room: str, *, delivered_seq: int, read_seq: int) -> None:
        """Keep a receipt for a moment; to be called for rooms of the connection's user only."""
        HELD.inc()
        delivered, read = self._marks.get(room, (0, 0))
        self._marks[room] = max(delivered, delivered_seq), max(read, read_seq)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HELD_S, self.flush)

    def flush(self) -> None:
        """Pass on what is held; to be called at the end of the connection, too."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        marks, self._marks = self._marks, {}
        for room, (delivered, read) in marks.items():
            self._pass_on(self._read, room, read)
            self._pass_on(self._delivered, room, delivered)

    @staticmethod
    def _pass_on(mark: Mark, room: str, seq: int) -> None:
        if seq > 0:
            try:
                mark(room, seq)
            except PermissionDenied:
                return  # removed from the room meanwhile: nobody asks any more
