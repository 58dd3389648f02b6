"""``upkeep``: remove now what has ended, which each chat process does every hour by itself."""

from typing import Any

from django.core.management.base import BaseCommand

from services.chat.actions.upkeep import ROWS, TABLES, remove_ended
from services.chat.management.people import database_errors_told


class Command(BaseCommand):
    """Safe to run while chat serves."""

    help = "Remove ended sessions, used tickets, old sign-ins and audit entries, without waiting for the hour."

    def handle(self, *_: Any, **__: Any) -> None:
        """Remove, and tell how many rows of each table."""
        with database_errors_told():
            for table in TABLES:
                self.stdout.write(f"{table}: {_remove_all(table)} rows removed")


def _remove_all(table: str) -> int:
    total = 0
    while (removed := remove_ended(table)) == ROWS:
        total += removed
    return total + removed
