"""What the services tell each other: events in the past tense, and their one encoding.

An entry of a stream carries a JSON array of events, each tagged by ``type``. Readers ignore
members that they do not know, so a newer writer may add some; it never removes or renames one
without raising ``v``.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

LastSeenTo = Literal["everyone", "contacts", "nobody"]
SessionKind = Literal["chat", "notifications", "poll"]
SessionStep = Literal["opened", "active", "away", "closed"]
PresenceStatus = Literal["online", "away", "offline"]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Something that happened; ``v`` is the version of its shape."""

    v: int = 1


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
    has to read the members again before delivering.
    """

    room: str
    first_seq: int
    last_seq: int
    room_version: int
    frames: list[MessageFrame]


class RoomMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One present member of a room, with the watermarks that chat's projection knows.

    Attributes:
        shown_read_seq: ``read_seq`` as the others may know it; None where it is the same.
        last_seen: to whom they show it; see ``UserChanged``.
        profile_version: of their profile; 0 where it never changed.
    """

    user: str
    role: str
    joined_seq: int
    delivered_seq: int
    read_seq: int
    shown_read_seq: int | None = None
    last_seen: LastSeenTo = "everyone"
    profile_version: int = 0


class RoomChanged(Event, frozen=True, kw_only=True, tag="room.changed"):
    """The room or its members changed: its state at ``version``; an older version is stale."""

    room: str
    version: int
    last_seq: int
    members: list[RoomMember]
    open_history: bool = False
    is_direct: bool = False


class RoomSnapshot(Event, frozen=True, kw_only=True, tag="room.snapshot"):
    """The state of a room, told again so that a reader who missed something can catch up.

    ``own_seqs``, by sender, are those of the newest messages, as far back as a reader may have
    missed them. Of ``private_readers``, who are among those senders, the others are not to learn
    what they have read.
    """

    room: str
    version: int
    last_seq: int
    members: list[RoomMember]
    open_history: bool = False
    own_seqs: dict[str, list[int]] = msgspec.field(default_factory=dict)
    private_readers: list[str] = msgspec.field(default_factory=list)
    is_direct: bool = False


class UserChanged(Event, frozen=True, kw_only=True, tag="user.changed"):
    """A person's profile or privacy changed; of two, the greater ``profile_version`` is newer.

    ``last_seen``: to whom they show when they were there last: whoever shares a room with them,
    whoever has a direct room with them, or nobody.
    """

    user: str
    username: str
    display_name: str
    send_read_receipts: bool = True
    last_seen: LastSeenTo = "everyone"
    profile_version: int = 0


class UserRevoked(Event, frozen=True, kw_only=True, tag="user.revoked"):
    """These sign-ins of a user ended, for good. Later ones are not meant."""

    user: str
    sids: tuple[str, ...] = ()


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """What a member claims: that they hold, and have read, everything up to these seqs.

    Chat has checked that they are a member and that the messages exist. ``read_seq`` is at most
    ``delivered_seq``; 0 claims nothing.

    Attributes:
        at_ms: when it was claimed, in Unix milliseconds, by the clock of the claiming process.
        session: the one session that knows of it; None where that is nobody, or several.
        is_private: the others are not to learn what was read.
    """

    room: str
    user: str
    delivered_seq: int
    read_seq: int
    at_ms: int
    session: str | None = None
    is_private: bool = False


class ReceiptsReported(Event, frozen=True, kw_only=True, tag="receipts.reported"):
    """Members claim to have received and read. Claims may repeat, and need not be news."""

    receipts: list[Receipt]


class Advance(msgspec.Struct, frozen=True, array_like=True):
    """A member's watermarks after they went up; ``shown_read_seq <= read_seq <= delivered_seq``.

    Attributes:
        shown_read_seq: ``read_seq`` as the others may know it.
        at_ms: when the newest claim was made that this follows from, in Unix milliseconds; of
            those that others may know of, if there are such.
        session: the one session that knows of it already; None where that is nobody.
        is_own: it only passes messages that the member wrote: nobody waits to be told of it.
        is_hidden: nothing went up but what only the member may know: others are to hear nothing,
            or they would learn when somebody reads in private.
    """

    room: str
    user: str
    delivered_seq: int
    read_seq: int
    shown_read_seq: int
    at_ms: int
    session: str | None = None
    is_own: bool = False
    is_hidden: bool = False


class WatermarksAdvanced(Event, frozen=True, kw_only=True, tag="watermarks.advanced"):
    """Watermarks went up. The same may be told again; readers keep the greatest."""

    advances: list[Advance]


class MemberLagging(Event, frozen=True, kw_only=True, tag="member.lagging"):
    """A member has not received everything up to the head, of two seconds ago or more.

    Told when they fall behind, and again in each second in which ``delivered_seq`` went up.
    """

    room: str
    user: str
    delivered_seq: int
    head: int


class MemberCaughtUp(Event, frozen=True, kw_only=True, tag="member.caught_up"):
    """A member who was told to lag has received everything."""

    room: str
    user: str
    delivered_seq: int
    head: int


class RoomHead(Event, frozen=True, kw_only=True, tag="room.head"):
    """The head of a room in which somebody lags."""

    room: str
    head: int


class SnapshotsRequested(Event, frozen=True, kw_only=True, tag="snapshots.requested"):
    """A service asks for ``room.snapshot``.

    Attributes:
        service: who asks.
        rooms: of these; None means every room that it may have missed.
        everything: with ``rooms`` None: of all rooms, because nothing is known there.
    """

    service: str
    rooms: list[str] | None = None
    everything: bool = False


class SessionNews(msgspec.Struct, frozen=True, array_like=True):
    """What became of a session.

    Attributes:
        step: opened (and active), active again, away, or closed, which is final.
        n: the process counts all that it tells: of two news of a session the greater is newer.
    """

    session: str
    user: str
    kind: SessionKind
    step: SessionStep
    n: int


class SessionsChanged(Event, frozen=True, kw_only=True, tag="sessions.changed"):
    """Sessions of a process opened, closed, or changed their activity."""

    process: str
    news: list[SessionNews]


class SessionsListed(Event, frozen=True, kw_only=True, tag="sessions.listed"):
    """All sessions that a process has, and how active they are: as of its count ``n``.

    What it told before, up to ``n``, is superseded; a session that is not listed is closed.
    """

    process: str
    n: int
    sessions: list[SessionNews]


class ProcessBeat(Event, frozen=True, kw_only=True, tag="process.beat"):
    """A process lives, and so do its sessions."""

    process: str


class ProcessEnded(Event, frozen=True, kw_only=True, tag="process.ended"):
    """A process stops in order; whoever was connected is expected back elsewhere."""

    process: str


class PresenceRequested(Event, frozen=True, kw_only=True, tag="presence.requested"):
    """A process wants to know whether these people are there."""

    users: list[str]


class PersonPresence(msgspec.Struct, frozen=True, array_like=True):
    """Whether a person is there.

    Attributes:
        last_seen_ms: of who is offline: when they were there last, in Unix milliseconds; None
            where nobody knows. To whom it is shown is for chat to judge.
    """

    user: str
    status: PresenceStatus
    last_seen_ms: int | None = None


class PresenceChanged(Event, frozen=True, kw_only=True, tag="presence.changed"):
    """People came, went, or were asked for. What stands later on the stream is newer."""

    people: list[PersonPresence]


class PresenceBeat(Event, frozen=True, kw_only=True, tag="presence.beat"):
    """The presence service works, and is not behind."""


class TypingNews(msgspec.Struct, frozen=True, array_like=True):
    """Whether somebody types in a room, in one of their sessions."""

    room: str
    user: str
    session: str
    is_typing: bool


class TypingChanged(Event, frozen=True, kw_only=True, tag="typing.changed"):
    """People began to type, still do, or stopped."""

    news: list[TypingNews]


AnyEvent = (
    MessageCreated
    | RoomChanged
    | RoomSnapshot
    | UserChanged
    | UserRevoked
    | ReceiptsReported
    | WatermarksAdvanced
    | MemberLagging
    | MemberCaughtUp
    | RoomHead
    | SnapshotsRequested
    | SessionsChanged
    | SessionsListed
    | ProcessBeat
    | ProcessEnded
    | PresenceRequested
    | PresenceChanged
    | PresenceBeat
    | TypingChanged
)
"""Every event there is. A member of this union is what ``decode`` returns."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[AnyEvent])
_splitter = msgspec.json.Decoder(list[msgspec.Raw])
_decoder_of_one = msgspec.json.Decoder(AnyEvent)


def encode(events: Sequence[Event]) -> bytes:
    """Pack events into the one field of a stream's entry."""
    return _encoder.encode(events)


def decode(packed: bytes) -> list[AnyEvent]:
    """Unpack what ``encode`` packed.

    Raises:
        msgspec.DecodeError: the entry is garbage, or of a type or shape that is unknown here.
    """
    return _decoder.decode(packed)


def encode_one(event: Event) -> bytes:
    """Encode a single event: one member of the array that an entry carries."""
    return _encoder.encode(event)


def decode_known(packed: bytes) -> tuple[list[AnyEvent], int]:
    """Unpack the events that are known here, and count the others.

    A newer writer may use types that this reader does not know yet; garbage counts as one.
    """
    try:
        parts = _splitter.decode(packed)
    except msgspec.DecodeError:
        return [], 1
    known: list[AnyEvent] = []
    for part in parts:
        try:
            known.append(_decoder_of_one.decode(part))
        except msgspec.DecodeError:
            continue
    return known, len(parts) - len(known)
