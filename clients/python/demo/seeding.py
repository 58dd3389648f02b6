"""Brings about what the demo begins with: its people, their rooms, and what they said.

Doing it again changes nothing. The people are there or are made; a direct room exists once; the
group is the one that its owner owns; and a message has the same client_id each time. So it is
simply repeated as a whole where something could not be reached, and at every start.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

from clients.python import parley
from clients.python.demo.cast import PASSWORD, PEOPLE, Person
from clients.python.demo.lines import Conversation
from clients.python.demo.script import CONVERSATIONS
from clients.python.parley import Chat, Draft, Options, ParleyError, Room

logger = logging.getLogger(__name__)

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Half a minute is long for a server that has just said that it is ready."""

Chats = Mapping[str, Chat]
"""By username. They are signed in and never connected: nobody was there because of this."""


class Taken(Exception):
    """Somebody of this name exists with a password of their own; not the demo's to use."""

    def __init__(self, username: str) -> None:
        super().__init__(
            f"There is another {username} here already. The demo wants data of its own: "
            "make up DEMO=1 RUN_DIR=.run-demo"
        )


async def seed(
    url: str, *, options: Options | None = None, pauses_s: Sequence[float] = PAUSES_S
) -> int:
    """Bring it about; return how many messages were new.

    Args:
        url: the server's HTTP address.
        options: of the chats.
        pauses_s: before it is tried once more, as often as there are any.

    Raises:
        Taken: one of the people is somebody else.
        ParleyError: refused, or the server cannot be reached for long.
    """
    for pause_s in pauses_s:
        try:
            return await _seed(url, options)
        except ParleyError as error:
            if not error.retriable:
                raise
            logger.info("not everything could be said yet (%s)", error.code)
        await asyncio.sleep(pause_s)
    return await _seed(url, options)


async def _seed(url: str, options: Options | None) -> int:
    async with contextlib.AsyncExitStack() as stack:
        chats: dict[str, Chat] = {}
        for person in PEOPLE:
            chats[person.username] = chat = await _enter(url, person, options)
            stack.push_async_callback(chat.close)
        return sum([await _bring_about(one, chats) for one in CONVERSATIONS])


async def _enter(url: str, person: Person, options: Options | None) -> Chat:
    """Register somebody, or sign in who has been registered by an earlier start."""
    username = person.username
    try:
        return await parley.register(
            url, username, PASSWORD, display_name=person.name, options=options
        )
    except parley.BadFrame as error:
        if "username" not in error.fields:
            raise
    try:
        return await parley.sign_in(url, username, PASSWORD, options)
    except parley.Unauthenticated as error:
        raise Taken(username) from error


async def _bring_about(conversation: Conversation, chats: Chats) -> int:
    """Open a room, say its lines and read them; return how many were new."""
    room = await _open(conversation, chats[conversation.opened_by.username])
    seqs: list[int] = []
    by_key: dict[str, int] = {}
    new = 0
    for number, line in enumerate(conversation.lines):
        draft = Draft(
            room=room.id,
            content=line.text,
            reply_to=by_key[line.answers] if line.answers else None,
            client_id=conversation.client_id(number),
        )
        message, was_there = await chats[line.by.username].api.send(draft)
        seqs.append(message.seq)
        new += not was_there
        if line.key:
            by_key[line.key] = message.seq
    for person in conversation.members:
        left = conversation.unread.get(person.username, 0)
        if seen := seqs[: len(seqs) - left]:
            with contextlib.suppress(parley.PermissionDenied):  # who has left since reads nothing
                await chats[person.username].api.report_receipts(room.id, read_seq=seen[-1])
    return new


async def _open(conversation: Conversation, owner: Chat) -> Room:
    """Return the room of a conversation, made where it is not there yet."""
    usernames = [person.username for person in conversation.others]
    if not conversation.name:
        return await owner.api.create_room(conversation.kind, usernames)
    # It may be called otherwise by now; and each call of `create_room` makes another group.
    async for room in owner.api.rooms():
        if room.kind == conversation.kind and room.role == "owner":
            return room
    return await owner.api.create_room(conversation.kind, usernames, name=conversation.name)
