"""``reactivate <username>``: let a person who was deactivated sign in again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from services.chat.actions.identity import reactivate_user
from services.chat.management.people import database_errors_told, person_called


class Command(BaseCommand):
    """Safe to run while chat serves, and to run again."""

    help = "Let a person who was deactivated sign in again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the username."""
        parser.add_argument("username", help="in whatever case")

    def handle(self, *_: Any, **options: Any) -> None:
        """Reactivate, and tell what that did."""
        with database_errors_told():
            user = person_called(options["username"])
            if not user.is_active:
                reactivate_user(user_id=str(user.id))
        if user.is_active:
            self.stdout.write(f"{user.username} is active; there is nothing to do.")
        else:
            self.stdout.write(f"{user.username} may sign in again.")
