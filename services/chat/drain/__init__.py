"""Sends clients away, to come back elsewhere: when the process stops, and when they are old."""

from services.chat.drain.ages import Ages
from services.chat.drain.drain import Drain

__all__ = ["Ages", "Drain"]
