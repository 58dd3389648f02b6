"""What a server sends: the shape of every frame, and how one is read.

Members that a newer server adds are ignored, and a frame of an unknown type becomes ``Unknown``
instead of an error: a server may learn new words without breaking this client.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .errors import BadFrame


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """One JSON object on the socket, told apart by its ``type``."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person; ``avatar``: the version of their picture, empty where they have none."""

    id: str
    username: str = ""
    display_name: str = ""
    avatar: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the server lets one connection do."""

    frame_bytes: int = 65_536
    content_chars: int = 4_096
    messages_per_s: float = 20
    messages_burst: float = 100


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """How far one member is; everything up to these seqs."""

    user: str
    delivered_seq: int
    read_seq: int
    at: dt.datetime | None = None


class Room(Frame, frozen=True, kw_only=True, tag="room"):
    """A conversation as the signed-in user sees it; the two watermarks are the user's own.

    Attributes:
        members: ids, in direct rooms only.
        avatar: the version of the other one's picture, likewise; empty where they have none.
        lowest: the members that are furthest behind.
        role: what one is oneself in a group: ``owner``, ``admin`` or ``member``.
        open_history: whether members of a group read what was written before they joined.
        removed: the user is no longer a member.
    """

    id: str
    kind: str = ""
    name: str = ""
    version: int = 0
    members: Sequence[str] | None = None
    avatar: str = ""
    member_count: int = 0
    last_seq: int = 0
    delivered_seq: int = 0
    read_seq: int = 0
    lowest: Sequence[Watermark] = ()
    role: str = ""
    open_history: bool = False
    removed: bool = False


class Welcome(Frame, frozen=True, kw_only=True, tag="welcome"):
    """The first frame of every connection; ``unread_total`` on ``/ws/notifications/`` only."""

    protocol: int
    session: str
    user: User
    rooms: Sequence[Room]
    heartbeat_s: float = 30
    limits: Limits = msgspec.field(default_factory=Limits)
    server_time: dt.datetime | None = None
    more_rooms: bool = False
    unread_total: int | None = None


class Ack(Frame, frozen=True, kw_only=True, tag="ack"):
    """The message is committed, under this ``seq``."""

    client_id: str
    room: str
    id: str
    seq: int
    created_at: dt.datetime
    status: str = "sent"
    duplicate: bool = False
    ref: str | None = None


class Message(Frame, frozen=True, kw_only=True, tag="message"):
    """What a member wrote."""

    id: str
    room: str
    seq: int
    sender: str
    client_id: str
    content: str
    created_at: dt.datetime
    reply_to: int | None = None


class Status(Frame, frozen=True, kw_only=True, tag="status"):
    """Watermarks of a room that advanced; the user's own ones beside ``members`` over HTTP only."""

    room: str
    lowest: Sequence[Watermark] = ()
    members: Sequence[Watermark] | None = None
    delivered_seq: int = 0
    read_seq: int = 0


class Failed(Frame, frozen=True, kw_only=True, tag="failed"):
    """A message that the queue had accepted was given up."""

    client_id: str
    room: str
    code: str
    message: str = ""


class Typing(Frame, frozen=True, kw_only=True, tag="typing"):
    """Who types in the room now: all of them, never the reader; empty when nobody does."""

    room: str
    users: Sequence[str]


class PresenceOf(msgspec.Struct, frozen=True, kw_only=True):
    """One person's presence: ``online``, ``away``, ``offline`` or ``unknown``.

    Attributes:
        last_seen: when they were there last; None unless they are offline and let one know.
    """

    id: str
    status: str
    last_seen: dt.datetime | None = None


class Presence(Frame, frozen=True, kw_only=True, tag="presence"):
    """The presence of some people: of all after ``welcome``, then of those where it changed."""

    users: Sequence[PresenceOf]


class Drained(Frame, frozen=True, kw_only=True, tag="drained"):
    """The offline queue has been replayed to this session."""

    count: int = 0


class SyncedRoom(msgspec.Struct, frozen=True, kw_only=True):
    """One room's part of the answer to ``sync``: the seqs that came, both ends included.

    ``truncated``: what lies below ``first_seq`` is too old to be sent and is read as history.
    """

    room: str
    first_seq: int = msgspec.field(name="from")
    last_seq: int = msgspec.field(name="to")
    has_more: bool = False
    truncated: bool = False


class Synced(Frame, frozen=True, kw_only=True, tag="synced"):
    """The end of the answer to ``sync``; its messages came before."""

    rooms: Sequence[SyncedRoom]
    ref: str | None = None


class Custom(Frame, frozen=True, kw_only=True, tag="custom"):
    """Pushed by other code of the server's owner, at most once."""

    name: str
    data: Any = None


class Notification(Frame, frozen=True, kw_only=True, tag="notification"):
    """A summary, on ``/ws/notifications/`` only."""

    room: str
    seq: int
    sender: str
    preview: str
    unread: int
    unread_total: int


class Reconnect(Frame, frozen=True, kw_only=True, tag="reconnect"):
    """The server is about to go: come back after ``after_ms``."""

    after_ms: int


class Pong(Frame, frozen=True, kw_only=True, tag="pong"):
    """The answer to ``ping``."""

    server_time: dt.datetime | None = None
    ref: str | None = None


class Error(Frame, frozen=True, kw_only=True, tag="error"):
    """A frame of ours was refused; the connection lives on."""

    code: str
    message: str = ""
    ref: str | None = None
    client_id: str | None = None
    fields: Mapping[str, Sequence[str]] | None = None
    retry_after: float | None = None


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A frame of a type that this client does not know, untouched."""

    type: str
    members: Mapping[str, Any]


_Known = (
    Welcome
    | Ack
    | Message
    | Status
    | Failed
    | Typing
    | Presence
    | Drained
    | Synced
    | Room
    | Custom
    | Notification
    | Reconnect
    | Pong
    | Error
)
ServerFrame = _Known | Unknown

_decoder: msgspec.json.Decoder[_Known] = msgspec.json.Decoder(_Known)
_KNOWN_TYPES = frozenset(kind.__struct_config__.tag for kind in _Known.__args__)


def decode(data: bytes | str) -> ServerFrame:
    """Read one frame of the server.

    Raises:
        BadFrame: it is no JSON object with a ``type``, or a known type with wrong members. That
            is the server's bug, not ours.
    """
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError as error:
        return _unknown(data, error)


def _unknown(data: bytes | str, error: msgspec.DecodeError) -> Unknown:
    try:
        members = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError as worse:
        raise BadFrame(str(worse)) from worse
    kind = members.get("type")
    if not isinstance(kind, str) or kind in _KNOWN_TYPES:
        raise BadFrame(str(error)) from error
    return Unknown(type=kind, members=members)
