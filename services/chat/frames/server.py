"""Frames that the server sends, and the shapes that HTTP answers share with them.

Frames may gain members, never lose or change them. Members that are ``UNSET`` do not appear.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Self

import msgspec
from msgspec import UNSET, UnsetType

from libs.common.errors import ParleyError
from services.chat.domain.drafts import Draft


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user as others see them; ``avatar``: the version of their picture, where there is one."""

    id: str
    username: str
    display_name: str
    avatar: str | UnsetType = UNSET


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the server accepts: of one connection, and, where it says so, of one person.

    ``…_per_s`` holds in the long run, ``…_burst`` at once. ``user_messages_…`` counts over all
    connections of the person, and ``user_connections`` those themselves. Receipts above their rate
    are merged; whatever else is too much is answered with ``rate_limited``.
    """

    frame_bytes: int
    content_chars: int
    messages_per_s: int
    messages_burst: int
    typing_per_s: int
    typing_burst: int
    receipts_per_s: int
    receipts_burst: int
    frames_per_s: int
    frames_burst: int
    frame_bytes_per_s: int
    frame_bytes_burst: int
    user_messages_per_s: int
    user_messages_burst: int
    user_connections: int


class Lowest(msgspec.Struct, frozen=True, kw_only=True):
    """A member that is among the furthest behind."""

    user: str
    delivered_seq: int
    read_seq: int


class RoomFields(msgspec.Struct, frozen=True, kw_only=True):
    """A room as one of its members sees it; role and watermarks are that member's own.

    ``members`` in direct rooms only, and ``avatar``, the version of the other one's picture, where
    there is one; ``role`` and ``open_history`` in groups only.
    """

    id: str
    kind: Literal["direct", "group"]
    name: str
    version: int
    member_count: int
    last_seq: int
    delivered_seq: int
    read_seq: int
    lowest: list[Lowest]
    members: list[str] | UnsetType = UNSET
    avatar: str | UnsetType = UNSET
    role: Literal["owner", "admin", "member"] | UnsetType = UNSET
    open_history: bool | UnsetType = UNSET


class RoomEntry(RoomFields, frozen=True, kw_only=True):
    """A room in ``welcome`` and in answers over HTTP."""


class ServerFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every frame of the server has: its ``type``."""


class Welcome(ServerFrame, frozen=True, kw_only=True, tag="welcome"):
    """The first frame: who is signed in, and the heads of the rooms.

    ``unread_total``, of all rooms, on ``/ws/notifications/`` only.
    """

    session: str
    user: Person
    server_time: str
    heartbeat_s: int
    limits: Limits
    rooms: list[RoomEntry]
    protocol: int = 1
    more_rooms: bool | UnsetType = UNSET
    unread_total: int | UnsetType = UNSET


class Ack(ServerFrame, frozen=True, kw_only=True, tag="ack"):
    """The message is committed. Sent once per try, with the same seq."""

    client_id: str
    room: str
    id: str
    seq: int
    created_at: str
    duplicate: bool
    status: Literal["sent"] = "sent"
    ref: str | UnsetType = UNSET


class Message(ServerFrame, frozen=True, kw_only=True, tag="message"):
    """One message of a room."""

    id: str
    room: str
    seq: int
    sender: str
    client_id: str
    content: str
    reply_to: int | None
    created_at: str

    @classmethod
    def of(cls, draft: Draft, seq: int, created_at: str) -> Self:
        """Show a draft that has become a message."""
        return cls(
            id=f"{draft.room}.{seq}",
            room=draft.room,
            seq=seq,
            sender=draft.sender,
            client_id=draft.client_id,
            content=draft.content,
            reply_to=draft.reply_to,
            created_at=created_at,
        )


class SyncedRoom(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """How much of a room a ``sync`` brought: the messages ``from`` … ``to``."""

    room: str
    from_: int
    to: int
    has_more: bool
    truncated: bool | UnsetType = UNSET


class Synced(ServerFrame, frozen=True, kw_only=True, tag="synced"):
    """The end of an answer to ``sync``."""

    rooms: list[SyncedRoom]
    ref: str | UnsetType = UNSET


class RoomUpdate(RoomFields, frozen=True, kw_only=True, tag_field="type", tag="room"):
    """A room was created, changed or joined, or (``removed``) one is no longer in it.

    Of a room that one was removed from it only says which one, and up to where one saw it.
    """

    removed: bool | UnsetType = UNSET


class MemberMark(msgspec.Struct, frozen=True, kw_only=True):
    """A member that advanced, and when."""

    user: str
    delivered_seq: int
    read_seq: int
    at: str


class Status(ServerFrame, frozen=True, kw_only=True, tag="status"):
    """Somebody received or read more of a room; ``members`` in small rooms only."""

    room: str
    lowest: list[Lowest]
    members: list[MemberMark] | UnsetType = UNSET


class Typing(ServerFrame, frozen=True, kw_only=True, tag="typing"):
    """Who types in a room now; never the receiver itself."""

    room: str
    users: list[str]


class PersonPresence(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a person is there; ``unknown`` where that cannot be told."""

    id: str
    status: Literal["online", "away", "offline", "unknown"]
    last_seen: str | None


class Presence(ServerFrame, frozen=True, kw_only=True, tag="presence"):
    """The presence of some people changed."""

    users: list[PersonPresence]


class Drained(ServerFrame, frozen=True, kw_only=True, tag="drained"):
    """The offline queue has been replayed to this session."""

    count: int


class Failed(ServerFrame, frozen=True, kw_only=True, tag="failed"):
    """A message that the queue had accepted was given up."""

    client_id: str
    room: str
    code: str
    message: str


class Custom(ServerFrame, frozen=True, kw_only=True, tag="custom"):
    """Pushed by other Django code; ``name`` is ``<namespace>.<name>``."""

    name: str
    data: Any


class Notification(ServerFrame, frozen=True, kw_only=True, tag="notification"):
    """A summary of new messages, for a badge on other pages."""

    room: str
    seq: int
    sender: str
    preview: str
    unread: int
    unread_total: int


class Reconnect(ServerFrame, frozen=True, kw_only=True, tag="reconnect"):
    """Come back after ``after_ms``; a close with 1012 follows."""

    after_ms: int


class Pong(ServerFrame, frozen=True, kw_only=True, tag="pong"):
    """The answer to ``ping``."""

    server_time: str
    ref: str | UnsetType = UNSET


class Error(ServerFrame, frozen=True, kw_only=True, tag="error"):
    """What was wrong with a frame; the connection lives on."""

    code: str
    message: str
    ref: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    fields: Mapping[str, Sequence[str]] | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET


AnyServerFrame = (
    Welcome
    | Ack
    | Message
    | Status
    | Failed
    | Typing
    | Presence
    | Drained
    | Synced
    | RoomUpdate
    | Custom
    | Notification
    | Reconnect
    | Pong
    | Error
)

PEOPLE_PER_FRAME = 1_000
"""People in one ``presence`` frame: some 110 KB."""

_encoder = msgspec.json.Encoder()


def encode(frame: AnyServerFrame) -> str:
    """Write a frame as the text that goes on the wire."""
    return _encoder.encode(frame).decode()


def encode_person(presence: PersonPresence) -> str:
    """Write a person as they stand in ``presence`` frames."""
    return _encoder.encode(presence).decode()


def presence_frames(people: Sequence[str]) -> Iterator[str]:
    """Write ``presence`` frames out of people that are encoded already; none for nobody.

    So whoever is shown to a thousand sessions is encoded once.
    """
    for start in range(0, len(people), PEOPLE_PER_FRAME):
        some = ",".join(people[start : start + PEOPLE_PER_FRAME])
        yield f'{{"type":"presence","users":[{some}]}}'


def error_frame(
    error: ParleyError, *, ref: str | None = None, client_id: str | None = None
) -> Error:
    """Turn an error into its frame."""
    return Error(
        code=error.code,
        message=error.message,
        ref=given(ref),
        client_id=given(client_id),
        fields=error.fields or UNSET,
        retry_after=UNSET if error.retry_after_s is None else error.retry_after_s,
    )


def given(text: str | None) -> str | UnsetType:
    """Leave a member out where there is nothing to say."""
    return UNSET if text is None else text
