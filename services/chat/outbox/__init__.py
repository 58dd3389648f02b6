"""From what is committed to what the streams tell: at least once, in any order."""

from services.chat.outbox.announcer import Announcer
from services.chat.outbox.relay import Relay

__all__ = ["Announcer", "Relay"]
