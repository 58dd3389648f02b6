"""``upkeep``: look after the log of advances now, as each process does every hour by itself."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from services.receipts.actions.log_upkeep import look_after_log


class Command(BaseCommand):
    """Safe to run while receipts serves."""

    help = "Give the coming days their partitions of the log, and drop days too old to be kept."

    def handle(self, *_: Any, **__: Any) -> None:
        """Look after the log, and tell what that did."""
        from services.receipts.settings import RECEIPTS  # needs an environment: only when it runs

        try:
            changes = look_after_log(keep_days=RECEIPTS.keep_log_days)
        except (OperationalError, InterfaceError) as error:
            raise CommandError(f"The log is busy, or out of reach: {str(error).strip()}") from error
        self.stdout.write(f"partitions made: {_days(changes.made)}; rows moved: {changes.moved}")
        self.stdout.write(
            f"partitions dropped: {_days(changes.dropped)}; about {changes.dropped_rows} rows"
        )


def _days(days: Sequence[dt.date]) -> str:
    return ", ".join(str(day) for day in days) or "none"
