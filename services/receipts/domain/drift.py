"""Where what must agree does not: watermarks, the log of how they rose, and what chat knows."""

from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass

from libs.common.events import RoomSnapshot
from services.receipts.domain.watermarks import Pair, Watermarks

LOG_ABOVE = "log_above"
"""An advance is logged that is above the watermark."""
LOG_BELOW = "log_below"
"""The newest advance in the log is below the watermark."""
CHAT_DELIVERED, CHAT_READ, CHAT_SHOWN = "chat_delivered", "chat_read", "chat_shown"
"""Chat's projection has another watermark."""
CHAT_MEMBERS = "chat_members"
"""Somebody is a present member to one of us only."""
CHAT_ROOM = "chat_room"
"""Chat does not know the room."""
KINDS = (
    *(LOG_ABOVE, LOG_BELOW),
    *(CHAT_DELIVERED, CHAT_READ, CHAT_SHOWN, CHAT_MEMBERS, CHAT_ROOM),
)

NOBODY = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that does not agree. Equal only to the same thing with the same numbers.

    Attributes:
        user: empty where it is about the whole room.
        ours: what our watermark says; None where there is none.
        theirs: what the log or chat says; None likewise.
    """

    kind: str
    room: str
    user: str = NOBODY
    ours: int | None = None
    theirs: int | None = None


def log_cases(member: Pair, watermarks: Watermarks, logged: Watermarks) -> set[Case]:
    """Compare a member with the greatest that is logged of them."""
    differing = [
        (ours, theirs)
        for ours, theirs in zip(astuple(watermarks), astuple(logged), strict=True)
        if ours != theirs
    ]
    return {
        Case(LOG_ABOVE if theirs > ours else LOG_BELOW, *member, ours, theirs)
        for ours, theirs in differing
    }


def chat_cases(
    rooms: Collection[str],
    ours: Mapping[Pair, Watermarks],
    theirs: Mapping[str, RoomSnapshot],
) -> set[Case]:
    """Compare the present members of some rooms with what chat says of these."""
    told = {
        (room, member.user): Watermarks.known_to_chat(member)
        for room, snapshot in theirs.items()
        for member in snapshot.members
    }
    unknown = set(rooms) - theirs.keys()
    one_sided = [pair for pair in ours.keys() ^ told.keys() if pair[0] not in unknown]
    return {
        *(Case(CHAT_ROOM, room) for room in unknown),
        *(Case(CHAT_MEMBERS, *pair) for pair in one_sided),
        *(
            Case(kind, *pair, mine, its)
            for pair in ours.keys() & told.keys()
            for kind, mine, its in zip(
                (CHAT_DELIVERED, CHAT_READ, CHAT_SHOWN),
                astuple(ours[pair]),
                astuple(told[pair]),
                strict=True,
            )
            if mine != its
        ),
    }
