"""Who opens a WebSocket: whether their sign-in holds, and which rooms they are in."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.chat.frames.server import RoomEntry
from services.chat.models import User
from services.chat.selectors.people import session_owners
from services.chat.selectors.rooms import rooms_of_each


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whose sign-in holds, with their rooms as ``rooms_of_each`` tells them."""

    user: User
    rooms: list[RoomEntry]


def arrivals_of(claimed: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Arrival]:
    """Return, for some (sid, user id), those whose sign-ins hold.

    Three statements for all of them together. Nothing is read of the rooms of anybody else.
    """
    owners = session_owners(claimed)
    rooms = rooms_of_each({user for _, user in owners})
    return {claim: Arrival(owner, rooms[claim[1]]) for claim, owner in owners.items()}
