"""``dead_letters``: list what was given up; ``--replay`` or ``--discard`` some of it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from libs.common.clock import SystemClock
from services.queue.actions.outgoing import discard_dead_letters, replay_dead_letters
from services.queue.selectors.waiting import DeadLetter, dead_letters

PAGE = 100


class Command(BaseCommand):
    """Safe to run while queue serves, and to run again."""

    help = "List messages that chat refused three times, the oldest first; or deal with some."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ids of messages, as they are listed."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--replay", nargs="+", type=int, metavar="ID", help="three more tries")
        what.add_argument("--discard", nargs="+", type=int, metavar="ID", help="let rest for good")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and tell how many that were."""
        try:
            self._deal(replay=options["replay"], discard=options["discard"])
        except (OperationalError, InterfaceError) as error:
            raise CommandError(
                f"The queue is busy, or out of reach: {str(error).strip()}"
            ) from error

    def _deal(self, *, replay: list[int] | None, discard: list[int] | None) -> None:
        now = SystemClock().now()
        if replay:
            count = replay_dead_letters(replay, now=now)
            self.stdout.write(f"{count} of {len(replay)} will be sent again")
        elif discard:
            count = discard_dead_letters(discard, now=now)
            self.stdout.write(f"{count} of {len(discard)} were discarded")
        else:
            self._list()

    def _list(self) -> None:
        total, after = 0, 0
        while found := dead_letters(after=after, limit=PAGE):
            total, after = total + len(found), found[-1].id
            for each in found:
                self.stdout.write(_line(each))
        self.stdout.write(f"{total} dead letters")


def _line(each: DeadLetter) -> str:
    """Tell what staff has to know, but not what people write to each other."""
    return (
        f"{each.id}: given up at {each.failed_at} after {each.retry_count} tries:"
        f" of user {each.sender} in room {each.room}: {each.last_error}"
    )
