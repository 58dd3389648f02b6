"""What heads rooms had some seconds ago, as far as somebody looked."""

from collections import deque
from collections.abc import Mapping
from itertools import islice


class HeadsSeen:
    """Remembers the heads of rooms, by when each was first seen, until they are judged."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[float, int]]] = {}

    def note(self, room: str, head: int, *, now_s: float) -> None:
        """A room has this head now."""
        heads = self._seen.setdefault(room, deque())
        if not heads or heads[-1][1] < head:
            heads.append((now_s, head))

    def due(self, *, before_s: float, limit: int) -> Mapping[str, int]:
        """Return rooms, those that wait longest first, with the head that they had at that time.

        Rooms that were not seen by then are left out.
        """
        rooms = (room for room, heads in self._seen.items() if heads[0][0] <= before_s)
        return {room: self._head_of(room, before_s) for room in islice(rooms, limit)}

    def forget(self, room: str, head: int) -> None:
        """A room was judged at this head; it waits anew where it has a higher one."""
        heads = self._seen.pop(room, deque())
        while heads and heads[0][1] <= head:
            heads.popleft()
        if heads:
            self._seen[room] = heads

    def _head_of(self, room: str, before_s: float) -> int:
        return max(head for seen_s, head in self._seen[room] if seen_s <= before_s)
