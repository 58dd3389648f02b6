"""Messages and rooms for these tests."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from clients.python.parley import Message, Room, User

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
