"""``/ws/notifications/``: summaries of what others write, for a badge on pages that show no chat."""

from typing import Unpack

import msgspec

from libs.common.errors import UnsupportedType
from services.chat.consumers.socket import SocketConsumer, SocketParts
from services.chat.frames import client, server
from services.chat.hub import Session
from services.chat.hub.badge import Badge
from services.chat.hub.notifier import Notifier
from services.chat.hub.session import Listener
from services.chat.models import User


class NotificationsConsumer(SocketConsumer):
    """One WebSocket. Made by ``as_asgi(...)`` with the parts of the process."""

    kind = "notifications"

    def __init__(self, *, notifier: Notifier, **parts: Unpack[SocketParts]) -> None:
        super().__init__(**parts)
        self.notifier = notifier

    def _listener(self, user: str) -> Listener:
        self.badge = Badge(user=user, outbound=self.outbound, notifier=self.notifier)
        return self.badge

    def _welcome(
        self, session: Session, user: User, rooms: list[server.RoomEntry]
    ) -> server.Welcome:
        self.badge.begin(rooms)
        return msgspec.structs.replace(
            super()._welcome(session, user, rooms), unread_total=self.badge.total
        )

    def _entered(self, session: Session) -> None:  # noqa: ARG002 - as its base
        self.notifier.begin(self.badge)

    def _ended(self) -> None:
        self.notifier.end(self.badge)

    def _act(self, session: Session, frame: client.AnyClientFrame) -> None:
        match frame:
            case client.Ping():
                self._pong(frame)
            case client.Activity():
                self.activity.say(session, frame.state)
            case _:
                raise UnsupportedType("This socket only tells of news. Write over /ws/chat/.")
