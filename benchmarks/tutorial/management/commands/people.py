"""``python -m django people --into people.json 2 2 50``: makes the members of three rooms, signed in."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.utils.crypto import get_random_string

from benchmarks.tutorial.models import Member, Room

BACKEND = "django.contrib.auth.backends.ModelBackend"
KEY_CHARS = 32


class Command(BaseCommand):
    """Makes all of them in bulk; their ids, rooms and session cookies are written into a file."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, and the numbers of members."""
        parser.add_argument("--into", type=Path, required=True, help="the file, as JSON")
        parser.add_argument("sizes", type=int, nargs="*", help="members of each room")

    def handle(self, *_args: Any, into: Path, sizes: list[int], **_options: Any) -> None:
        """Make them."""
        rooms = Room.objects.bulk_create(Room() for _ in sizes)
        places = [room for room, size in zip(rooms, sizes, strict=True) for _ in range(size)]
        model = get_user_model()
        users = model.objects.bulk_create(
            model(username=get_random_string(KEY_CHARS)) for _ in places
        )
        pairs = list(zip(users, places, strict=True))
        Member.objects.bulk_create(Member(user=user, room=room) for user, room in pairs)
        sessions = Session.objects.bulk_create(signed_in(user) for user in users)
        people = [
            {"user": str(user.pk), "room": str(room.pk), "token": session.session_key}
            for (user, room), session in zip(pairs, sessions, strict=True)
        ]
        into.write_text(json.dumps(people), encoding="utf-8")


def signed_in(user: AbstractBaseUser) -> Session:
    """Return the session that signing in would have made."""
    store = SessionStore()
    content = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: BACKEND,
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return Session(
        session_key=get_random_string(KEY_CHARS).lower(),
        session_data=store.encode(content),
        expire_date=store.get_expiry_date(),
    )
