"""``audit``: what was noted of sign-ins and memberships, as lines of JSON, the oldest first."""

import datetime as dt
import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from libs.common.ids import uuid_of
from services.chat.management.people import database_errors_told, person_called
from services.chat.models import AuditEntry
from services.chat.selectors.audit import Wanted, audit_entries


class Command(BaseCommand):
    """Reads only."""

    help = "List who signed in, out, or failed to, and who came into and left which rooms."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom, where, what and when."""
        parser.add_argument("--user", help="who did it, or whom it concerns: a username, or an id")
        parser.add_argument("--room", help="its id")
        parser.add_argument("--action", choices=AuditEntry.Action.values)
        parser.add_argument("--since", type=_instant, help="2026-01-01, or 2026-01-01T12:00Z")
        parser.add_argument("--until", type=_instant, help="likewise; itself left out")

    def handle(self, *_: Any, **options: Any) -> None:
        """List them."""
        room = options["room"]
        if room is not None and uuid_of(room) is None:
            raise CommandError(f"This is no id of a room: {room}")
        with database_errors_told():
            wanted = Wanted(
                user=_user_id(options["user"]),
                room=uuid_of(room) if room else None,
                action=options["action"],
                since=options["since"],
                until=options["until"],
            )
            for each in audit_entries(wanted):
                self.stdout.write(json.dumps(each))


def _user_id(named: str | None) -> UUID | None:
    if named is None:
        return None
    return uuid_of(named) or person_called(named).id


def _instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"this is no date: {text}") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
