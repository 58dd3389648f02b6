"""The doors for WebSockets: frames are parsed here, and answered."""

from services.chat.consumers.chat import ChatConsumer

__all__ = ["ChatConsumer"]
