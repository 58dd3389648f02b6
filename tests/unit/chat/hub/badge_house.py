"""Badges, what tells them, and rows of whom how much is unread."""

import msgspec

from libs.common.clock import ManualClock
from services.chat.domain.ordering import LiveFrame
from services.chat.frames.server import encode
from services.chat.hub import Outbound
from services.chat.hub.badge import Badge
from services.chat.hub.notifier import Notifier
from services.chat.selectors.rooms import Head
from services.chat.selectors.unread import Summary, Unread
from tests.unit.chat.hub.fake_database import FakeDatabase, message
from tests.unit.chat.hub.fake_wire import FakeWire


class Database(FakeDatabase):
    """Everybody is in every room, but for ``strangers``; each has ``unread`` of it, the same.

    The newest message of each room is ``last_seq``.
    """

    def __init__(self):
        super().__init__()
        self.strangers: set[tuple[str, str]] = set()
        self.unread = Unread(room=7, total=9)
        self.last_seq = 20

    def unread_of(self, wanted):
        return {pair: self.unread for pair in wanted if pair not in self.strangers}

    def summaries_of(self, wanted):
        summary = Summary(
            seq=self.last_seq, sender="author", content="the newest", unread=self.unread
        )
        return {pair: summary for pair in wanted if pair not in self.strangers}


class House:
    """A notifier, its clock and its database."""

    def __init__(self):
        self.clock, self.database = ManualClock(), Database()
        self.notifier = Notifier(database=self.database, clock=self.clock)  # type: ignore[arg-type]

    def badge(self, user):
        wire = FakeWire()
        return Badge(user=user, outbound=Outbound(wire), notifier=self.notifier), wire

    def compare(self, marks, *, room="room"):
        """Let the head of a room be compared."""
        self.notifier.on_heads([Head(room=room, last_seq=20, version=1, all_marks_version=marks)])

    async def compared(self, marks, *, room="room"):
        """Let it be compared, and what is due be told."""
        self.compare(marks, room=room)
        await self.notifier.flush()


def live(seq, *, room="room", sender="author"):
    return LiveFrame(seq, 1, None, sender, encode(message(room, seq)))


def frames(wire):
    return [msgspec.json.decode(text) for text in wire.written]
