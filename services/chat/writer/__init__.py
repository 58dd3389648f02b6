"""The one road by which messages get into PostgreSQL: many drafts, one transaction, one call."""

from services.chat.writer.writer import Writer

__all__ = ["Writer"]
