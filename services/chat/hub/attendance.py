"""What follows from sessions that come and go: who is announced, told of others, seen to type."""

from collections.abc import Iterable
from typing import Protocol

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from services.chat.domain.pressure import Pressure
from services.chat.hub.activity import ActivityWatch
from services.chat.hub.deliveries import QueueDeliveries
from services.chat.hub.hub import Hub
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.presence import PresenceBoard
from services.chat.hub.session import Seat, Session
from services.chat.hub.status_pusher import StatusPusher
from services.chat.hub.typing import Teller, TypingIndicatorManager


class Announcer(Protocol):
    """What tells the presence service of the sessions of this process."""

    def opened(self, session: Session) -> None:
        """Tell that a session is open."""
        ...

    def changed(self, session: Session) -> None:
        """Tell that a session is away now, or active again."""
        ...

    def closed(self, session: Session) -> None:
        """Tell that a session has closed."""
        ...

    def ask(self, users: Iterable[str]) -> None:
        """Ask how people are."""
        ...


class Attendance:
    """The ``Company`` of a process' hub, with the parts that it tells.

    Args:
        pressure: of the process.
        presence_members: see ``PresenceBoard``.
        typing_members: see ``TypingIndicatorManager``.
    """

    def __init__(  # noqa: PLR0913 - the parts of a process; all by keyword
        self,
        *,
        hub: Hub,
        statuses: StatusPusher,
        announcer: Announcer,
        teller: Teller,
        database: DatabaseThreads,
        deliveries: QueueDeliveries,
        clock: Clock,
        pressure: Pressure,
        presence_members: int,
        typing_members: int,
    ) -> None:
        self._statuses = statuses
        self._announcer = announcer
        self._deliveries = deliveries
        self.activity = ActivityWatch(
            all_sessions=hub.all_sessions, on_changed=announcer.changed, clock=clock
        )
        self.presence = PresenceBoard(
            room_of=hub.local_room,
            ask=announcer.ask,
            database=database,
            clock=clock,
            most_members=presence_members,
            pressure=pressure,
        )
        self.typing = TypingIndicatorManager(
            room_of=hub.local_room,
            teller=teller,
            clock=clock,
            most_members=typing_members,
            pressure=pressure,
        )

    def told_of_room(self, room: LocalRoom, seat: Seat) -> None:
        """Have a session told what else there is to know of a room: ticks, people, typists."""
        self._statuses.sat_down(room, seat)
        self.presence.sat_down(room, seat)
        self.typing.sat_down(room, seat)

    def room_ended(self, room: LocalRoom) -> None:
        """Forget the people of a room in which nobody sits any more, and who types there."""
        self.presence.ended(room)
        self.typing.ended(room)

    def opened(self, session: Session) -> None:
        """Announce a session."""
        self.activity.act(session)
        self._announcer.opened(session)

    def closed(self, session: Session) -> None:
        """Announce the end of a session, and of what was typed in it."""
        self.typing.closed(session)
        self.presence.closed(session)
        self._deliveries.closed(session)
        self._announcer.closed(session)
