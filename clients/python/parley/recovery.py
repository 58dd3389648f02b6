"""What was missed without a connection: first the replay is waited for, then ``sync`` asked.

After ``welcome`` the queue service has everything sent that this user did not receive, and
``drained`` says that this was all. Until then nothing is asked for, or it would come twice. Where
nothing comes for two seconds (the service may be down), and for what another device has received
but this one has not, ``sync`` brings the rest: one question at a time.
"""

from .commands import Sync
from .frames import Message, Room
from .rooms import Rooms

REPLAY_WITHIN_S = 2.0
"""The longest silence, from ``welcome`` and between replayed messages, that is waited through."""

SYNC_WITHIN_S = 10.0
"""A ``sync`` without a ``synced`` for so long is asked again."""


class Recovery:
    """The questions of one device.

    Args:
        rooms: what is held, and misses something.
    """

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._heads: dict[str, int] = {}
        self._replay_until: float | None = None
        self._syncs = 0
        self._asked: tuple[str, float] | None = None

    def connected(self, now: float) -> None:
        """Begin a connection: wait for the replay."""
        self._heads.clear()
        self._replay_until = now + REPLAY_WITHIN_S

    def disconnected(self) -> None:
        """End a connection; no answer will come."""
        self._replay_until = self._asked = None

    def expect(self, room: Room) -> None:
        """Learn of a room up to where messages may be replayed: what is above its head is live."""
        self._heads.setdefault(room.id, room.last_seq)

    def hear(self, message: Message, now: float) -> None:
        """Take note of a message of the socket: while replayed ones come, more may follow."""
        if self._is_replaying(now) and message.seq <= self._heads.get(message.room, 0):
            self._replay_until = now + REPLAY_WITHIN_S

    def drained(self, now: float) -> None:
        """Take in that the replay has ended; what is still missing will not come by itself."""
        if self._replay_until is not None:
            self._replay_until = None
            self._rooms.ask_now(self._heads, now)

    def answered(self) -> None:
        """Take in that a ``sync`` was answered."""
        self._asked = None

    def refused(self, ref: str) -> bool:
        """Take in that a frame was refused; return whether that was the present ``sync``."""
        if self._asked is None or ref != self._asked[0]:
            return False
        self._asked = None
        return True

    def sync_missed_messages(self, now: float) -> list[Sync]:
        """Return the question to ask now; none while a replay or an answer is waited for."""
        if self._is_replaying(now) or (self._asked and now < self._asked[1]):
            return []
        cursors = self._rooms.sync_wanted(now)
        if not cursors:
            return []
        self._syncs += 1
        self._asked = (f"s{self._syncs}", now + SYNC_WITHIN_S)
        return [Sync(cursors=cursors, ref=self._asked[0])]

    def _is_replaying(self, now: float) -> bool:
        if self._replay_until is not None and now >= self._replay_until:
            self.drained(now)
        return self._replay_until is not None
