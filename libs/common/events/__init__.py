"""What the services tell each other: events in the past tense, and their one encoding.

An entry of a stream carries a JSON array of events, each tagged by ``type``. Readers ignore
members that they do not know, so a newer writer may add some; it never removes or renames one
without raising ``v``.
"""

from libs.common.events.encoding import AnyEvent, decode, decode_known, encode, encode_one
from libs.common.events.event import Event
from libs.common.events.lag import MemberCaughtUp, MemberLagging, RoomHead
from libs.common.events.messages import MessageCreated, MessageFrame
from libs.common.events.people import LastSeenTo, UserChanged, UserRevoked
from libs.common.events.presence import (
    PersonPresence,
    PresenceBeat,
    PresenceChanged,
    PresenceRequested,
    PresenceStatus,
)
from libs.common.events.queue import (
    LagRequested,
    MessagesSubmitted,
    MissedRange,
    Outcome,
    OutgoingFailed,
    OutgoingSent,
    ReplayOffered,
    Submission,
    SubmissionsSettled,
)
from libs.common.events.receipts import Advance, Receipt, ReceiptsReported, WatermarksAdvanced
from libs.common.events.rooms import RoomChanged, RoomMember, RoomSnapshot, SnapshotsRequested
from libs.common.events.sessions import (
    ProcessBeat,
    ProcessEnded,
    SessionKind,
    SessionNews,
    SessionsChanged,
    SessionsListed,
    SessionStep,
)
from libs.common.events.typing import TypingChanged, TypingNews

__all__ = [
    "Advance",
    "AnyEvent",
    "Event",
    "LagRequested",
    "LastSeenTo",
    "MemberCaughtUp",
    "MemberLagging",
    "MessageCreated",
    "MessageFrame",
    "MessagesSubmitted",
    "MissedRange",
    "Outcome",
    "OutgoingFailed",
    "OutgoingSent",
    "PersonPresence",
    "PresenceBeat",
    "PresenceChanged",
    "PresenceRequested",
    "PresenceStatus",
    "ProcessBeat",
    "ProcessEnded",
    "Receipt",
    "ReceiptsReported",
    "ReplayOffered",
    "RoomChanged",
    "RoomHead",
    "RoomMember",
    "RoomSnapshot",
    "SessionKind",
    "SessionNews",
    "SessionStep",
    "SessionsChanged",
    "SessionsListed",
    "SnapshotsRequested",
    "Submission",
    "SubmissionsSettled",
    "TypingChanged",
    "TypingNews",
    "UserChanged",
    "UserRevoked",
    "WatermarksAdvanced",
    "decode",
    "decode_known",
    "encode",
    "encode_one",
]
