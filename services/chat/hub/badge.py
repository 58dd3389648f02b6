"""A badge: how much is unread, on pages that show no chat."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from libs.common import metrics
from services.chat.domain.ordering import LiveFrame
from services.chat.domain.preview import preview
from services.chat.frames.server import Custom, Notification, RoomEntry, RoomUpdate, encode
from services.chat.hub.live_status import LiveStatus
from services.chat.hub.outbound import Outbound
from services.chat.selectors.unread import Unread

NOTIFICATIONS = metrics.counter("parley_notifications", "Notifications sent to badges.")


class Teller(Protocol):
    """What tells badges, when the time has come."""

    def hear(self, badge: "Badge", frame: LiveFrame) -> None:
        """Have a message told."""
        ...

    def leave(self, badge: "Badge", room: str) -> None:
        """Have it told that a room is its user's no more."""
        ...


@dataclass(slots=True, eq=False)
class Badge:
    """The ``Listener`` of a session that gets summaries only.

    Attributes:
        shown: how much is unread of each room, as it was told; rooms with nothing are left out.
        total: the same of all rooms together.
    """

    user: str
    outbound: Outbound
    notifier: Teller
    shown: dict[str, int] = field(default_factory=dict)
    total: int = 0

    @property
    def closed(self) -> bool:
        """Whether the socket has ended."""
        return self.outbound.closed

    def begin(self, rooms: Iterable[RoomEntry]) -> None:
        """Take note of what ``welcome`` shows."""
        unread = {room.id: room.last_seq - room.read_seq for room in rooms}
        self.shown = {room: count for room, count in unread.items() if count}
        self.total = sum(unread.values())

    def shows_more(self, room: str, unread: Unread) -> bool:
        """Tell whether it shows more than is unread: of a room, or of all."""
        return self.shown.get(room, 0) > unread.room or self.total > unread.total

    def tell(self, *, room: str, seq: int, sender: str, content: str, unread: Unread) -> None:
        """Tell of a message, and of how much is unread."""
        self.total = unread.total
        if unread.room:
            self.shown[room] = unread.room
        else:
            self.shown.pop(room, None)
        NOTIFICATIONS.inc()
        self.outbound.send(
            encode(
                Notification(
                    room=room,
                    seq=seq,
                    sender=sender,
                    preview=preview(content),
                    unread=unread.room,
                    unread_total=unread.total,
                )
            )
        )

    def message(self, frame: LiveFrame) -> None:
        """Have somebody else's message told when its time has come."""
        if frame.sender != self.user:
            self.notifier.hear(self, frame)

    def status(self, status: LiveStatus) -> None:
        """Let it pass: a badge shows no ticks. What its user reads is seen in the rows."""

    def room(self, update: RoomUpdate) -> None:
        """Tell of a room that the user is not in any more only that nothing is unread there."""
        if update.removed is True:
            self.notifier.leave(self, update.id)

    def custom(self, frame: Custom) -> None:
        """Let it pass: it goes to chats only."""

    def offer(self, frame: str) -> bool:  # noqa: ARG002 - as its protocol
        """Let it pass: a badge shows nobody."""
        return True

    def close(self, code: int) -> None:
        """Close the socket."""
        self.outbound.close(code)

    def send_away(self, after_ms: int) -> None:
        """Close it, and say when to come back."""
        self.outbound.send_away(after_ms)
