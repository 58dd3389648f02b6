"""Messages and rooms for these tests."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clients.python.parley import Message, PresenceOf, Room, User
from clients.python.terminal.company import Company
from clients.python.terminal.people import People

MORNING = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)


def message(seq: int, content: str = "", *, sender: str = "bob", **members: Any) -> Message:
    usual: dict[str, Any] = {
        "id": f"r.{seq}",
        "room": "r",
        "seq": seq,
        "sender": sender,
        "client_id": f"c{seq}",
        "content": content or f"text {seq}",
        "created_at": MORNING + dt.timedelta(minutes=seq),
    }
    return Message(**{**usual, **members})


async def ask_nobody(ids: Sequence[str]) -> Sequence[User]:
    return []


def room(room_id: str = "r", **members: Any) -> Room:
    usual: dict[str, Any] = {"id": room_id, "kind": "direct", "name": room_id.title(), "version": 1}
    return Room(**{**usual, **members})


@dataclass
class Others:
    """What is known of the others, and when: on a Wednesday evening in Greenwich."""

    known: dict[str, PresenceOf] = field(default_factory=dict)
    typing: dict[str, list[str]] = field(default_factory=dict)
    now: dt.datetime | None = dt.datetime(2026, 3, 4, 21, 30, tzinfo=dt.UTC)

    def are(self, status: str, *users: str, last_seen: dt.datetime | None = None) -> None:
        for user in users:
            self.known[user] = PresenceOf(id=user, status=status, last_seen=last_seen)


def company_of(people: People, others: Others, zone: dt.tzinfo | None = None) -> Company:
    return Company(
        people,
        presence=lambda user: others.known.get(user) or PresenceOf(id=user, status="unknown"),
        typists=lambda room: others.typing.get(room, []),
        now=lambda: others.now,
        zone=zone,
    )
