"""From what is committed to what the streams tell: at least once, in any order."""

from services.chat.outbox.announcer import Announcer
from services.chat.outbox.relay import Relay
from services.chat.outbox.safe_point import SafePointMover
from services.chat.outbox.signals import Signals
from services.chat.outbox.snapshots import Snapshots

__all__ = ["Announcer", "Relay", "SafePointMover", "Signals", "Snapshots"]
