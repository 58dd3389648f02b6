"""``deactivate <username>``: shut a person out, for good or until ``reactivate``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from services.chat.actions.identity import deactivate_user
from services.chat.management.people import database_errors_told, person_called


class Command(BaseCommand):
    """Safe to run while chat serves, and to run again."""

    help = "Shut a person out: end all their sign-ins, and let them begin no other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the username."""
        parser.add_argument("username", help="in whatever case")

    def handle(self, *_: Any, **options: Any) -> None:
        """Deactivate, and tell what that did."""
        with database_errors_told():
            user = person_called(options["username"])
            ended = deactivate_user(user_id=str(user.id))
        if not user.is_active and not ended:
            self.stdout.write(f"{user.username} was deactivated already.")
            return
        self.stdout.write(
            f"{user.username} is deactivated: {_sign_ins(ended)} ended, open sockets are closed."
            f" `reactivate {user.username}` lets them sign in again."
        )


def _sign_ins(count: int) -> str:
    return "1 sign-in" if count == 1 else f"{count} sign-ins"
