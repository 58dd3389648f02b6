"""What receipts does about the queue's questions: it tells again how far members are."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

from libs.common.events import LagRequested
from libs.common.ids import uuid_of
from libs.common.streams.entries import Entry
from libs.common.streams.group import Handler
from services.receipts.selectors.lag import Subject

TellMembers = Callable[[Sequence[Subject]], Awaitable[None]]
"""Tells of some members and rooms how far they are."""


def telling(
    *, tell_members: TellMembers, tell_all_laggards: Callable[[], Awaitable[None]]
) -> Handler:
    """Return what handles requests; what it calls may raise ``ParleyError``."""
    return partial(_handle, tell_members, tell_all_laggards)


async def _handle(
    tell_members: TellMembers,
    tell_all_laggards: Callable[[], Awaitable[None]],
    entries: Sequence[Entry],
) -> None:
    questions = [
        event for entry in entries for event in entry.events if isinstance(event, LagRequested)
    ]
    if any(question.members is None for question in questions):
        await tell_all_laggards()
    named: dict[tuple[UUID, UUID], None] = {}
    for question in questions:
        for room, user in question.members or ():
            room_id, user_id = uuid_of(room), uuid_of(user)
            if room_id is not None and user_id is not None:
                named[room_id, user_id] = None
    if named:
        await tell_members(list(named))
