"""From what is committed to what the streams tell: at least once, in any order."""

from services.chat.outbox.safe_point import safe_point_mover
from services.chat.outbox.signals import Signals
from services.chat.outbox.snapshots import Snapshots

__all__ = ["Signals", "Snapshots", "safe_point_mover"]
