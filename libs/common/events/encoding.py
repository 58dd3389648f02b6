"""The one encoding of events: an entry of a stream carries a JSON array of them."""

from collections.abc import Sequence

import msgspec

from libs.common.events.event import Event
from libs.common.events.lag import MemberCaughtUp, MemberLagging, RoomHead
from libs.common.events.messages import MessageCreated
from libs.common.events.people import UserChanged, UserRevoked
from libs.common.events.presence import PresenceBeat, PresenceChanged, PresenceRequested
from libs.common.events.queue import (
    LagRequested,
    MessagesSubmitted,
    OutgoingFailed,
    OutgoingSent,
    ReplayOffered,
    SubmissionsSettled,
)
from libs.common.events.receipts import ReceiptsReported, WatermarksAdvanced
from libs.common.events.rooms import RoomChanged, RoomSnapshot, SnapshotsRequested
from libs.common.events.sessions import ProcessBeat, ProcessEnded, SessionsChanged, SessionsListed
from libs.common.events.typing import TypingChanged

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
    | ReplayOffered
    | MessagesSubmitted
    | SubmissionsSettled
    | OutgoingSent
    | OutgoingFailed
    | LagRequested
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
