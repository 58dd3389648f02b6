"""What chat does about what others tell: events of the streams, signals of the channel layer."""

from services.chat.subscribers.control import ControlListener
from services.chat.subscribers.streams import Hearers, tailed

__all__ = ["ControlListener", "Hearers", "tailed"]
