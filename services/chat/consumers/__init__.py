"""The doors for WebSockets: frames are parsed here, and answered."""

from services.chat.consumers.chat import ChatConsumer
from services.chat.consumers.notifications import NotificationsConsumer
from services.chat.consumers.socket import SocketParts

__all__ = ["ChatConsumer", "NotificationsConsumer", "SocketParts"]
