"""Who is in which room, and how to hear of it again."""

import msgspec

from libs.common.events.event import Event
from libs.common.events.people import LastSeenTo


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
