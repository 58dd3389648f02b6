"""Doors for what the streams of chat tell."""

from services.receipts.subscribers.streams import handlers

__all__ = ["handlers"]
