"""What was written."""

import msgspec

from libs.common.events.event import Event


class MessageFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message as clients see it, encoded once by the process that wrote it.

    Attributes:
        frame: the ``message`` frame, ready for the wire.
        session: the session that sent it, where known; it already has its ``ack``.
        is_private: the others are not to learn what its sender has read, not even by this.
    """

    seq: int
    sender: str
    frame: msgspec.Raw
    session: str | None = None
    is_private: bool = False


class MessageCreated(Event, frozen=True, kw_only=True, tag="message.created"):
    """Messages of one room, with every seq of ``first_seq`` … ``last_seq``, are committed.

    ``room_version`` is the version of the members when they were written: who knows an older one
    has to read the members again before delivering. ``written_at_ms`` is when their transaction
    began, in Unix milliseconds of PostgreSQL's clock; 0 where an older process wrote the event.
    """

    room: str
    first_seq: int
    last_seq: int
    room_version: int
    frames: list[MessageFrame]
    written_at_ms: int = 0
