"""``reconcile``: compare watermarks with the log and with chat now, and tell what does not agree."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from libs.common.clock import SystemClock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.redis_clients import connect_blocking, connect_hot
from libs.common.streams.publisher import Publisher
from services.receipts.actions.reconcile import ChatAsked, ChatIsSilent, Reconciler, Report
from services.receipts.domain.drift import Case
from services.receipts.store import STREAMS

DRIFT, NOT_COMPARED = 1, 2
"""What it ends with, where not everything agrees, and where that cannot be said."""


class Command(BaseCommand):
    """Safe to run while receipts serves. Receipts and chat have to run."""

    help = (
        "Compare watermarks with the log and with chat. Ends with 0 where all agree, 1 where not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take rooms."""
        parser.add_argument("rooms", nargs="*", type=UUID, help="only these, at most 100")

    def handle(self, *_: Any, **options: Any) -> None:
        """Compare, and print a report."""
        from services.receipts.settings import RECEIPTS  # needs an environment: only when it runs

        try:
            rooms = [str(room) for room in options["rooms"]] or None
            report = asyncio.run(reconcile(rooms, redis_url=str(RECEIPTS.redis_url)))
        except ChatIsSilent as error:
            raise CommandError("Chat does not answer.", returncode=NOT_COMPARED) from error
        except ParleyError as error:
            raise CommandError(error.message, returncode=NOT_COMPARED) from error
        except (RedisError, OSError) as error:
            raise CommandError(f"Redis: {error}", returncode=NOT_COMPARED) from error
        self.stdout.write(f"{report.rooms} rooms, {report.members} members")
        for kind, count in report.drift.items():
            self.stdout.write(f"{kind}: {count}")
        for case in report.cases:
            self.stdout.write(_line(case))
        if not report.is_clean:
            raise SystemExit(DRIFT)


async def reconcile(rooms: Sequence[str] | None, *, redis_url: str) -> Report:
    """Compare some rooms, or all, with clients of our own.

    Raises: as ``Reconciler.run``.
    """
    clock = SystemClock()
    hot, blocking = connect_hot(redis_url), connect_blocking(redis_url)
    database = DatabaseThreads(1)
    ask = ChatAsked(blocking, Publisher(hot, STREAMS, clock=clock), clock=clock)
    try:
        return await Reconciler(database, ask=ask).run(rooms)
    finally:
        await hot.aclose()
        await blocking.aclose()
        await database.close(1.0)


def _line(case: Case) -> str:
    where = f"{case.kind} in room {case.room}"
    if not case.user:
        return where
    return f"{where}, user {case.user}: {case.ours} here, {case.theirs} there"
