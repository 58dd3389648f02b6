"""Doors for what the streams of chat tell."""

from services.presence.subscribers.streams import handlers

__all__ = ["handlers"]
