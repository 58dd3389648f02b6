"""``crowd <rooms>x<people> …``: people for a load test, as lines of JSON with their tokens."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from libs.common.clock import SystemClock
from libs.common.tokens import Issuer
from services.chat.actions.crowds import make_crowd
from services.chat.domain.rooms import ROOM_MEMBERS
from services.chat.management.people import database_errors_told

SHAPE = re.compile(r"(\d{1,6})x(\d{1,4})", re.ASCII)


class Command(BaseCommand):
    """Each call makes other people. They stay: use it where they do not matter."""

    help = "Make people for a load test, and print who they are, with a token each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the shapes of the rooms."""
        parser.add_argument(
            "shapes",
            nargs="+",
            type=_shape,
            metavar="ROOMSxPEOPLE",
            help="500x2 for five hundred pairs; 20x50 for twenty groups of fifty",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Make them, and print ``{"user", "room", "token"}`` a line, room by room.

        A token is good for ten minutes, and renewed by ``GET /api/chat/auth/session``.
        """
        from services.chat.settings import CHAT  # read here: other commands need no settings

        issuer = Issuer(
            CHAT.token_signing_key.get_secret_value(),
            verify_keys=CHAT.token_verify_keys,
            clock=SystemClock(),
        )
        sizes = [size for rooms, size in options["shapes"] for _ in range(rooms)]
        with database_errors_told():
            for each in make_crowd(sizes):
                token = issuer.issue(sub=each.user, sid=each.sid, name=each.username, staff=False)
                line = {"user": each.user, "room": each.room, "token": token}
                self.stdout.write(msgspec.json.encode(line).decode())


def _shape(text: str) -> tuple[int, int]:
    match = SHAPE.fullmatch(text)
    rooms, people = (int(part) for part in match.groups()) if match else (0, 0)
    if not rooms or not 1 <= people <= ROOM_MEMBERS:
        raise ArgumentTypeError(f"not ROOMSxPEOPLE, with 1 to {ROOM_MEMBERS} people: {text}")
    return rooms, people
