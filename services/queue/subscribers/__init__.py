"""Doors for what comes over the streams of chat and receipts."""

from services.queue.subscribers.streams import Hearers, handlers

__all__ = ["Hearers", "handlers"]
