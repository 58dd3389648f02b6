"""Rooms whose typists a manager looks after, step by step: without the stream, on a manual clock."""

from typing import Any, cast

import msgspec

from libs.common.clock import ManualClock
from libs.common.events import TypingChanged, TypingNews
from services.chat.domain.pressure import AT_EASE
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session
from services.chat.hub.typing import TELL_EVERY_S, TICK_S, TypingIndicatorManager
from tests.properties.typing_play import MOST_MEMBERS

RESTED_S = TELL_EVERY_S + TICK_S
"""After so long a room may be told again, whatever comes of rounding."""


class Sight:
    """The ``Listener`` of a session: whom it was shown in which room."""

    def __init__(self):
        self.closed = self.is_slow = False
        self.frames: list[tuple[str, list[str]]] = []

    def offer(self, text):
        if self.is_slow or self.closed:
            return False
        frame = msgspec.json.decode(text)
        self.frames.append((frame["room"], frame["users"]))
        return True


class House:
    """A manager, its rooms, and what it told; the clock moves by ticks."""

    def __init__(self, *people, pressure=AT_EASE):
        self.clock = ManualClock()
        self.clock.advance(100)
        self.rooms: dict[str, LocalRoom] = {}
        self.told: list[TypingNews] = []
        self.calls = 0
        self.is_broken = False
        self.manager = TypingIndicatorManager(
            room_of=self.rooms.get,
            teller=self,
            clock=self.clock,
            most_members=MOST_MEMBERS,
            pressure=pressure,
        )
        for person in people:
            self.sit(person)

    def tell(self, news):
        self.calls += 1
        if self.is_broken:
            raise ZeroDivisionError
        self.told += news

    def begin(self, name="room", *, members=3):
        room = self.rooms[name] = LocalRoom(name)
        room.member_count = members
        return room

    def sit(self, user, room="room", *, name="tab", kind="chat", **seat):
        """Seat a new session of somebody."""
        if room not in self.rooms:
            self.begin(room)
        session = Session(f"{name} of {user}", user, "sid", cast(Any, Sight()), kind)
        return self.take_seat(session, room, **seat)

    def take_seat(self, session, room="room", **seat):
        its = Seat(session, **{"version": 1, "held": None, **seat})
        self.rooms[room].seats[session.id] = session.seats[room] = its
        return session

    def seen(self, user, *, name="tab", room="room"):
        """Return whom somebody was shown in a room, frame by frame."""
        listener: Any = self.rooms[room].seats[f"{name} of {user}"].session.listener
        return [users for its, users in listener.frames if its == room]

    def hear(self, *news, room="room"):
        """Hear of (user, whether they type), or (user, whether they type, in which session)."""
        self.manager.hear(TypingChanged(news=[heard_of(room, *each) for each in news]))

    def pass_by(self, seconds):
        for _ in range(round(seconds / TICK_S)):
            self.clock.advance(TICK_S)
            self.manager.tick()


def heard_of(room, user, is_typing, name="tab"):
    return TypingNews(room, user, f"{name} of {user}", is_typing)


def count(metric):
    return metric._value.get()
