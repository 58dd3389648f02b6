"""Shapes of messages, receipts and ``/sync``."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.messages import ClientId, Content, Seq
from services.chat.api.shapes.shape import Shape
from services.chat.frames.client import SYNC_ROOMS, Cursor
from services.chat.frames.server import Lowest, MemberMark, Message, RoomUpdate, SyncedRoom

LONGEST_WAIT_S = 25
"""Longest long poll, in seconds; below the idle timeouts of usual proxies."""
PAGE_MESSAGES = 100
"""Most messages of a page of history."""
VERSIONS = 1000
"""Most rooms whose versions one question names; as many fit into a body beside the cursors."""


class MessagesQuery(Shape, frozen=True, kw_only=True):
    """Where a page is: at most one of ``before``, ``after`` and ``since`` may be given.

    ``before`` and ``after`` are seqs and exclusive; ``since`` is a time, and inclusive.
    """

    before: Seq | None = None
    after: Cursor | None = None
    since: Annotated[dt.datetime, Meta(tz=True)] | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MESSAGES)] | None = None


class NewMessage(Shape, frozen=True, kw_only=True):
    """A message to write; ``client_id`` is made before the first try and kept for ever."""

    client_id: ClientId
    content: Content
    reply_to: Seq | None = None


class Receipts(Shape, frozen=True, kw_only=True):
    """Up to where the caller's device holds a room, and up to where it was seen."""

    delivered_seq: Seq | None = None
    read_seq: Seq | None = None


class SyncQuestion(Shape, frozen=True, kw_only=True):
    """{room: highest contiguous seq held}, and how long to wait for news, in seconds.

    ``versions``: {room: version known}; rooms with a newer one are told of too. ``marks``: {room:
    ``marks_version`` known}; of these rooms a status comes only if there is a newer one, and is news.
    """

    cursors: Annotated[dict[str, Cursor], Meta(max_length=SYNC_ROOMS)]
    wait_s: Annotated[float, Meta(ge=0, le=LONGEST_WAIT_S)] = 0
    versions: Annotated[dict[str, Cursor], Meta(max_length=VERSIONS)] = msgspec.field(
        default_factory=dict
    )
    marks: Annotated[dict[str, Cursor], Meta(max_length=VERSIONS)] = msgspec.field(
        default_factory=dict
    )


class StatusUpdate(Shape, frozen=True, kw_only=True, tag_field="type", tag="status"):
    """How far the members of a room are, as in the frame ``status``.

    What was read comes with one's own watermarks and ``marks_version``; what was told while the
    call waited with ``members``, those who advanced.
    """

    room: str
    lowest: list[Lowest]
    members: list[MemberMark] | UnsetType = UNSET
    delivered_seq: int | UnsetType = UNSET
    read_seq: int | UnsetType = UNSET
    marks_version: int | UnsetType = UNSET


class SyncAnswerBody(Shape, frozen=True, kw_only=True):
    """What was missing: messages, room by room ascending; rooms that are new or have changed."""

    messages: list[Message]
    statuses: list[StatusUpdate]
    rooms: list[SyncedRoom]
    changed: list[RoomUpdate]
