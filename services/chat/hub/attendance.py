"""What follows from sessions that come and go: who is announced, told of others, seen to type."""

from typing import Protocol

from services.chat.hub.activity import ActivityWatch
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.presence import PresenceBoard
from services.chat.hub.session import Seat, Session
from services.chat.hub.status_pusher import StatusPusher
from services.chat.hub.typing import TypingIndicatorManager


class Announcer(Protocol):
    """What tells others of the sessions of this process."""

    def opened(self, session: Session) -> None:
        """Tell that a session is open."""
        ...

    def closed(self, session: Session) -> None:
        """Tell that a session has closed."""
        ...


class Attendance:
    """The ``Company`` of a process' hub."""

    def __init__(
        self,
        *,
        statuses: StatusPusher,
        presence: PresenceBoard,
        typing: TypingIndicatorManager,
        activity: ActivityWatch,
        announcer: Announcer,
    ) -> None:
        self._statuses = statuses
        self._presence = presence
        self._typing = typing
        self._activity = activity
        self._announcer = announcer

    def told_of_room(self, room: LocalRoom, seat: Seat) -> None:
        """Have a session told what else there is to know of a room: ticks, people, typists."""
        self._statuses.sat_down(room, seat)
        self._presence.sat_down(room, seat)
        self._typing.sat_down(room, seat)

    def room_ended(self, room: LocalRoom) -> None:
        """Forget the people of a room in which nobody sits any more, and who types there."""
        self._presence.ended(room)
        self._typing.ended(room)

    def opened(self, session: Session) -> None:
        """Announce a session."""
        self._activity.act(session)
        self._announcer.opened(session)

    def closed(self, session: Session) -> None:
        """Announce the end of a session, and of what was typed in it."""
        self._typing.closed(session)
        self._presence.closed(session)
        self._announcer.closed(session)
