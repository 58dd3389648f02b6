"""What a client sends: the shape of every frame, in the imperative, and how one is written.

``SendMessage`` is the first try on a connection and ``Retry`` every further one on the same
connection; the server gives both the same row and the same seq.
"""

from collections.abc import Mapping

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """One JSON object that a client writes, told apart by its ``type``."""


class SendMessage(Command, frozen=True, kw_only=True, tag="message"):
    """The first try of a message on this connection."""

    room: str
    client_id: str
    content: str
    reply_to: int | None = None
    ref: str | None = None


class Retry(Command, frozen=True, kw_only=True, tag="retry"):
    """The same message again on the same connection; ``attempt`` is 1…3."""

    room: str
    client_id: str
    content: str
    attempt: int
    reply_to: int | None = None
    ref: str | None = None


class Delivered(Command, frozen=True, kw_only=True, tag="delivered"):
    """This device holds everything of the room up to ``seq``."""

    room: str
    seq: int


class ReadReceipt(Command, frozen=True, kw_only=True, tag="read_receipt"):
    """Everything of the room up to ``seq`` was seen; implies ``delivered``."""

    room: str
    seq: int


class SendTyping(Command, frozen=True, kw_only=True, tag="typing"):
    """One is, or is no longer, writing in this room."""

    room: str
    is_typing: bool


class Activity(Command, frozen=True, kw_only=True, tag="activity"):
    """Somebody is in front of this device (``active``), or nobody is (``away``)."""

    state: str


class Sync(Command, frozen=True, kw_only=True, tag="sync"):
    """Ask for what is above ``cursors`` (room: highest contiguous seq), at most 200 rooms."""

    cursors: Mapping[str, int]
    ref: str | None = None


class Ping(Command, frozen=True, kw_only=True, tag="ping"):
    """Ask for a ``pong``."""

    ref: str | None = None


_encoder = msgspec.json.Encoder()


def encode(command: Command) -> bytes:
    """Write a frame as JSON in UTF-8."""
    return _encoder.encode(command)
