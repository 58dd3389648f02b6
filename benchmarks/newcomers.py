"""People for a deployment that one only knows from outside: they register, and make their rooms."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from secrets import token_urlsafe
from typing import TypeVar

import jwt

from benchmarks.load.people import Somebody
from clients.python import parley

AT_ONCE = 4
"""Who register at the same time: hashing passwords is heavy, and bounded (docs/limits.md)."""
RETRY_AFTER_S = (1.0, 2.0, 4.0, 8.0)
PAIR = 2
TOLD_EVERY = 50

Made = TypeVar("Made")


async def newcomers(
    url: str, rooms: Sequence[int], *, tell: Callable[[str], None]
) -> list[Somebody]:
    """Return new people, room by room; a room of two is a direct one.

    Raises:
        parley.ParleyError: the deployment refused, again and again.
    """
    gate = asyncio.Semaphore(AT_ONCE)
    count = sum(rooms)
    made = 0

    async def sign_up() -> parley.Chat:
        nonlocal made
        async with gate:
            chat = await _patiently(
                lambda: parley.register(url, uuid.uuid4().hex[:16], token_urlsafe())
            )
        made += 1
        if made % TOLD_EVERY == 0 or made == count:
            tell(f"registered {made} of {count}")
        return chat

    async def settle(chats: Sequence[parley.Chat]) -> list[Somebody]:
        host, *others = chats
        kind, name = ("direct", None) if len(chats) == PAIR else ("group", "A crowd")
        members = [_user(each) for each in others]
        async with gate:
            room = await _patiently(lambda: host.api.create_room(kind, members, name=name))
        return [
            Somebody(user=_user(each), room=room.id, token=each.credentials.token) for each in chats
        ]

    chats = await asyncio.gather(*(sign_up() for _ in range(count)))
    try:
        people: list[Somebody] = []
        for size in rooms:
            people += await settle(chats[len(people) : len(people) + size])
    finally:
        await asyncio.gather(*(each.close() for each in chats))
    return people


def _user(chat: parley.Chat) -> str:
    """Return who a token is for; it has just come from where it would be verified."""
    claims = jwt.decode(chat.credentials.token, options={"verify_signature": False})
    return str(claims["sub"])


async def _patiently(call: Callable[[], Awaitable[Made]]) -> Made:
    for pause_s in RETRY_AFTER_S:
        try:
            return await call()
        except (parley.Unavailable, parley.Timeout, parley.RateLimited):
            await asyncio.sleep(pause_s)
    return await call()
