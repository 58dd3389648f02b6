"""What is known of one message and of whom it is for, by who knows it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Here = Literal["online", "away", "offline", "unknown"]


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What chat's database has of a message.

    Attributes:
        is_in_outbox: its announcement was not confirmed, or only just.
        recipients: present members who had joined before it, without its sender.
        delivered, read: of how many of them chat knows that.
    """

    room: str
    seq: int
    sender: str
    client_id: str
    created_at: dt.datetime
    is_in_outbox: bool
    recipients: int
    delivered: int
    read: int


class RecipientFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What chat's database has of somebody whom a message is for."""

    user: str
    username: str
    delivered: bool
    read: bool
    is_active: bool = True


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """How far a consumer group is with the entry that tells of a message.

    Attributes:
        is_past: it was handed to one of its processes.
        pending_ms: for how long that one has not acknowledged it; None where it has.
        lag: entries that it has yet to read; None where Redis does not say.
    """

    group: str
    is_past: bool
    pending_ms: int | None = None
    lag: int | None = None


class StreamFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the stream has of a message.

    Attributes:
        entry: id of the entry that tells of it; None where there is none (any more).
        at_ms: when Redis took it.
        traceparent: of the entry, where it has one.
        is_trimmed: entries of that time are gone, so that none is there says nothing.
        is_cut: too many stand there to look at all of them, which says nothing either.
    """

    entry: str | None = None
    at_ms: int | None = None
    traceparent: str | None = None
    is_trimmed: bool = False
    is_cut: bool = False
    readers: Sequence[Reader] = ()


class ReceiptFacts(msgspec.Struct, frozen=True):
    """What receipts has of a recipient; times as on the wire, None where they are not known."""

    delivered: bool
    read: bool
    delivered_at: str | None
    read_at: str | None


class PresenceFacts(msgspec.Struct, frozen=True):
    """What presence has of a recipient."""

    status: Here
    last_seen: str | None


class QueueFacts(msgspec.Struct, frozen=True):
    """What waits for a recipient in this room: everything above ``from_seq``."""

    from_seq: int
    since: str
    offers: int
    has_expired: bool


class Others(msgspec.Struct, frozen=True, kw_only=True):
    """What the other services say, by user; None where one did not answer.

    ``knows_message``: whether receipts has heard of the message at all; None likewise.
    """

    knows_message: bool | None = None
    receipts: Mapping[str, ReceiptFacts] | None = None
    presence: Mapping[str, PresenceFacts] | None = None
    queue: Mapping[str, QueueFacts] | None = None
