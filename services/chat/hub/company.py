"""Who wants to know who comes and goes in this process: told by the hub, which knows none of them."""

from typing import Protocol

from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session


class Company(Protocol):
    """What the hub tells. No method waits, and none raises."""

    def told_of_room(self, room: LocalRoom, seat: Seat) -> None:
        """Take note that a session was told of a room, and gets its frames from now on.

        Also called where it is told that the room has changed.
        """
        ...

    def room_ended(self, room: LocalRoom) -> None:
        """Take note that nobody sits in a room any more."""
        ...

    def opened(self, session: Session) -> None:
        """Take note of a session that is live: its ``welcome`` has gone out."""
        ...

    def closed(self, session: Session) -> None:
        """Take note of the end of a session that was live."""
        ...


class NoCompany:
    """Nobody wants to know."""

    def told_of_room(self, room: LocalRoom, seat: Seat) -> None:
        """Do nothing."""

    def room_ended(self, room: LocalRoom) -> None:
        """Do nothing."""

    def opened(self, session: Session) -> None:
        """Do nothing."""

    def closed(self, session: Session) -> None:
        """Do nothing."""


NO_COMPANY = NoCompany()
