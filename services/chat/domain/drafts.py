"""A message on its way into the database, and what became of it."""

import datetime as dt

import msgspec


class Draft(msgspec.Struct, frozen=True):
    """A message that a member wants to write.

    Attributes:
        room: canonical UUID of the room (lower case, hyphens).
        sender: user id, as authenticated.
        client_id: canonical UUID chosen by the client; (room, sender, client_id) is the message.
        content: checked by ``check_content``.
        reply_to: seq of an earlier message of the room.
        session: the session that sent it, which gets an ``ack`` instead of the ``message``.
        is_private: the others are not to learn what the sender has read.
    """

    room: str
    sender: str
    client_id: str
    content: str
    reply_to: int | None = None
    session: str | None = None
    is_private: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What may appear only once."""
        return (self.room, self.sender, self.client_id)


class Stored(msgspec.Struct, frozen=True):
    """A message that is committed. ``duplicate``: it was there before this try."""

    room: str
    seq: int
    created_at: dt.datetime
    duplicate: bool = False

    @property
    def id(self) -> str:
        """The message's id on the wire."""
        return f"{self.room}.{self.seq}"


class Run(msgspec.Struct, frozen=True):
    """New messages of one room: ``drafts[i]`` has the seq ``first_seq + i``, all one time."""

    room: str
    version: int
    first_seq: int
    created_at: dt.datetime
    drafts: list[Draft]


class Written(msgspec.Struct, frozen=True):
    """What one transaction wrote, for those who announce it."""

    outbox_id: int
    runs: list[Run]
