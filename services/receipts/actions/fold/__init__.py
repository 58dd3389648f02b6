"""Raises heads and watermarks."""

from services.receipts.actions.fold.call import ITEMS_PER_CALL
from services.receipts.actions.fold.folder import FOLD, OUTAGES, SETUP, Folder
from services.receipts.actions.fold.news import Membership, News, Own

__all__ = ["FOLD", "ITEMS_PER_CALL", "OUTAGES", "SETUP", "Folder", "Membership", "News", "Own"]
