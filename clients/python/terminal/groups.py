"""What can be done to a group, over the chat's HTTP interface."""

from typing import Any

import msgspec

from clients.python.parley import Chat
from clients.python.parley.api import CHAT
from clients.python.parley.http import parse


class Member(msgspec.Struct, kw_only=True):
    """One member of a room."""

    user: str
    role: str


class _Members(msgspec.Struct):
    members: list[Member]
    next: str | None = None


async def members_of(chat: Chat, room: str) -> list[Member]:
    """Return everybody in a room, page by page."""
    path, params, members = f"{CHAT}/rooms/{room}/members", dict[str, str](), list[Member]()
    while True:
        page = parse(await chat.api.request("GET", path, params=params), _Members)
        members += page.members
        if not page.next:
            return members
        params = {"after": page.next}


async def change(chat: Chat, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    """Ask for a change; the ``room`` frame that follows tells everybody."""
    await chat.api.request(method, f"{CHAT}/rooms/{path}", body=body)
