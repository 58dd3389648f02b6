"""A board of who is there, its rooms and the sessions in them; on a manual clock."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.events import PersonPresence, PresenceChanged, UserChanged
from services.chat.domain.pressure import Pressure
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.presence import PresenceBoard
from services.chat.hub.session import Seat, Session
from services.chat.selectors.contacts import Acquaintance, RoomPeople

SEEN_MS = 1_800_000_000_000
SEEN = "2027-01-15T08:00:00.000Z"


class Device:
    """The ``Listener`` of a session."""

    def __init__(self):
        self.closed = self.is_slow = False
        self.frames: list[Any] = []

    def offer(self, text):
        if self.is_slow:
            return False
        self.frames.append(msgspec.json.decode(text)["users"])
        return True


class House:
    """A board, the rooms as the database has them, and who sits in them.

    Attributes:
        meanwhile: called once, when the next reading has been answered and nobody knows it yet.
    """

    def __init__(self):
        self.clock = ManualClock()
        self.people: dict[str, RoomPeople] = {}
        self.rooms: dict[str, LocalRoom] = {}
        self.asked: list[list[str]] = []
        self.down = False
        self.readings: list[list[str]] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.most_members = 0
        self.pressure = Pressure()
        self.board = PresenceBoard(
            room_of=self.rooms.get,
            ask=lambda users: self.asked.append(sorted(users)),
            database=cast(Any, self),
            clock=self.clock,
            most_members=100,
            pressure=self.pressure,
        )

    async def run(self, _, rooms, *, at_most):
        self.most_members = at_most
        self.readings.append(list(rooms))
        found = [self.people[room] for room in rooms]
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.down:
            raise Unavailable
        return found

    def write(self, room, *users, version=1, is_direct=False, **last_seen):
        """Let the database have members of a room; some of them hide when they were there."""
        members = [
            Acquaintance(user, last_seen.get(user, "everyone"), int(user in last_seen))
            for user in users
        ]
        self.people[room] = RoomPeople(
            room=room, version=version, is_direct=is_direct, members=members
        )
        self.rooms.setdefault(room, LocalRoom(room)).version = version

    def sit(self, user, *rooms, name="tab", kind="chat", device=None):
        session = Session(f"{name} of {user}", user, "sid", cast(Any, device or Device()), kind)
        for room in rooms:
            self.take_seat(session, room)
            self.sat_down(session, room)
        return session

    def take_seat(self, session, room, **seat):
        its = Seat(session, **{"version": 1, "held": None, **seat})
        self.rooms[room].seats[session.id] = session.seats[room] = its
        return its

    def sat_down(self, session, room):
        """Have a session told of a room: it is new there, or the room has changed."""
        self.board.sat_down(self.rooms[room], session.seats[room])

    def stand_up(self, session, room):
        del session.seats[room], self.rooms[room].seats[session.id]

    def leave(self, session):
        """Close a session as the hub does: its seats first, and rooms with the last of them."""
        for name in list(session.seats):
            self.stand_up(session, name)
            if not self.rooms[name].seats:
                self.board.ended(self.rooms.pop(name))
        self.board.closed(session)

    async def settle(self):
        """Read what is to be read, and send what waits."""
        await self.board.read_some()
        await self.board.tell()

    async def hear(self, user, status, last_seen_ms=None):
        self.board.hear(PresenceChanged(people=[PersonPresence(user, status, last_seen_ms)]))
        await self.board.tell()

    async def wait(self, seconds, *, beating=True):
        for _ in range(round(seconds)):
            self.clock.advance(1)
            if beating:
                self.board.hear_beat()
            self.board.look()
        await self.board.tell()


def told(session, user):
    """Return what a session was told of somebody, in order."""
    return [
        (each["status"], each["last_seen"])
        for frame in session.listener.frames
        for each in frame
        if each["id"] == user
    ]


def changed(user, last_seen, *, version):
    return UserChanged(
        user=user, username=user, display_name=user, last_seen=last_seen, profile_version=version
    )
