"""What chat does about what others tell: events of the streams, signals of the channel layer."""

from services.chat.subscribers.control import ControlListener
from services.chat.subscribers.streams import tailed, tell

__all__ = ["ControlListener", "tailed", "tell"]
