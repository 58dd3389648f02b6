"""``upkeep``: mark heads, expire and sweep now, as each process does every minute by itself."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from libs.common.clock import SystemClock
from services.queue.actions.expiry import expire_old_messages, mark_heads, sweep


class Command(BaseCommand):
    """Safe to run while queue serves."""

    help = "End what has waited for seven days, and remove what has been finished for an hour."

    def handle(self, *_: Any, **__: Any) -> None:
        """Do it, and tell what that did."""
        now = SystemClock().now()
        try:
            mark_heads(now=now)
            expired, swept = expire_old_messages(now=now), sweep(now=now)
        except (OperationalError, InterfaceError) as error:
            raise CommandError(
                f"The queue is busy, or out of reach: {str(error).strip()}"
            ) from error
        self.stdout.write(f"messages expired: {expired}; finished rows removed: {swept}")
