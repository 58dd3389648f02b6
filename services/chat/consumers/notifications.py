"""``/ws/notifications/``: summaries of what others write, for a badge on pages that show no chat."""

from typing import Unpack

import msgspec

from libs.common.errors import UnsupportedType
from services.chat.consumers.socket import SocketConsumer, SocketParts
from services.chat.frames import client, server
from services.chat.hub import Session
from services.chat.hub.notifier import Badge, Notifier
from services.chat.hub.session import Listener
from services.chat.models import User


class NotificationsConsumer(SocketConsumer):
    """One WebSocket. Made by ``as_asgi(...)`` with the parts of the process."""

    kind = "notifications"

    def __init__(self, *, notifier: Notifier, **parts: Unpack[SocketParts]) -> None:
        super().__init__(**parts)
        self.notifier = notifier

    def _listener(self, user: str) -> Listener:
        return Badge(user=user, outbound=self.outbound, notifier=self.notifier)

    def _welcome(
        self, session: Session, user: User, rooms: list[server.RoomEntry]
    ) -> server.Welcome:
        unread_total = sum(room.last_seq - room.read_seq for room in rooms)
        return msgspec.structs.replace(
            super()._welcome(session, user, rooms), unread_total=unread_total
        )

    def _act(self, session: Session, frame: client.AnyClientFrame) -> None:
        match frame:
            case client.Ping():
                self._pong(frame)
            case client.Activity():
                self.activity.say(session, frame.state)
            case _:
                raise UnsupportedType("This socket only tells of news. Write over /ws/chat/.")
