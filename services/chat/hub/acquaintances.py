"""Whose presence matters here: the members of the rooms in which somebody sits, and what is known.

One entry a person for all sessions of this process, however many of them share a room with that
person.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from libs.common.clock import instant_of, to_wire
from libs.common.events import LastSeenTo, PersonPresence
from services.chat.domain.last_seen import may_see_last_seen
from services.chat.frames import server
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session
from services.chat.selectors.contacts import Acquaintance, RoomPeople


@dataclass(frozen=True, slots=True)
class Shown:
    """How a person is, as it is shown; encoded once, with and without when they were there last."""

    status: Literal["online", "away", "offline", "unknown"]
    last_seen_ms: int | None
    full: str
    private: str

    @classmethod
    def of(cls, told: PersonPresence) -> "Shown":
        """Show what the presence service tells."""
        seen_ms = told.last_seen_ms
        last_seen = None if seen_ms is None else to_wire(instant_of(seen_ms))
        person = server.PersonPresence(id=told.user, status=told.status, last_seen=last_seen)
        hidden = msgspec.structs.replace(person, last_seen=None)
        full, private = server.encode_person(person), server.encode_person(hidden)
        return cls(told.status, seen_ms, full, private)

    @classmethod
    def unknown(cls, user: str) -> "Shown":
        """Show that nobody knows."""
        person = server.PersonPresence(id=user, status="unknown", last_seen=None)
        text = server.encode_person(person)
        return cls("unknown", None, text, text)

    def says(self, told: PersonPresence) -> bool:
        """Tell whether this is what is told."""
        return self.status == told.status and self.last_seen_ms == told.last_seen_ms


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who shares a room with a session of this process.

    Attributes:
        shown: how they are; None while that was never told.
        rooms: those that are delivered here.
    """

    user: str
    last_seen: LastSeenTo
    profile_version: int
    shown: Shown | None = None
    rooms: set[LocalRoom] = field(default_factory=set)

    def learn(self, told: Acquaintance) -> bool:
        """Take over their privacy, where it is newer; tell whether it is another one now."""
        if told.profile_version <= self.profile_version:
            return False
        before = self.last_seen
        self.last_seen, self.profile_version = told.last_seen, told.profile_version
        return self.last_seen != before

    def shares_a_room_with(self, session: Session) -> bool:
        """Tell whether a session sits in one of their rooms, and was not removed from it."""
        seats = (room.seats.get(session.id) for room in self.rooms)
        return any(seat is not None and seat.until is None for seat in seats)

    def seats(self) -> Iterator[Seat]:
        """Yield the seats of those who are told of them; a session may come more than once."""
        for room in self.rooms:
            yield from (
                seat
                for seat in room.seats.values()
                if seat.met and seat.until is None and seat.session.user != self.user
            )


@dataclass(frozen=True, slots=True)
class _Company:
    room: LocalRoom
    version: int
    is_direct: bool
    users: frozenset[str]


class Acquaintances:
    """The people of all rooms of one process, by room and by person."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._rooms: dict[str, _Company] = {}
        self._changed: list[Person] = []

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def person(self, user: str) -> Person | None:
        """Return a person; None where nobody here shares a room with them."""
        return self._people.get(user)

    def version_of(self, room: LocalRoom) -> int:
        """Return as of which version a room's people are known; -1 where they are not."""
        known = self._rooms.get(room.id)
        return -1 if known is None or known.room is not room else known.version

    def of_room(self, room: LocalRoom) -> Iterable[str]:
        """Return the people of a room."""
        known = self._rooms.get(room.id)
        return () if known is None else known.users

    def take(self, room: LocalRoom, read: RoomPeople) -> list[Person]:
        """Take over who is in a room; return those who were not known to be in it."""
        before = self._rooms.get(room.id)
        if before is not None and before.room is room and before.version > read.version:
            return []
        users = frozenset(member.user for member in read.members)
        known = frozenset() if before is None or before.room is not room else before.users
        if before is not None:
            self._part(before, before.users - users if before.room is room else before.users)
        self._rooms[room.id] = _Company(room, read.version, read.is_direct, users)
        return [self._join(room, each) for each in read.members if self._is_new(each, known)]

    def take_changed(self) -> list[Person]:
        """Hand over those of whom a reading has shown another privacy than was known."""
        changed, self._changed = self._changed, []
        return changed

    def forget(self, room: LocalRoom) -> None:
        """Let go of a room in which nobody sits any more."""
        known = self._rooms.get(room.id)
        if known is not None and known.room is room:
            del self._rooms[room.id]
            self._part(known, known.users)

    def shown_to(self, session: Session, users: Iterable[str]) -> list[str]:
        """Return what a session is shown of those among some people with whom it shares a room.

        Encoded. Those of whom nothing is known yet, and its own user, are left out.
        """
        own = self._people.get(session.user)
        found = (self._people.get(user) for user in users)
        return [
            self._as_seen_by(own, person, person.shown)
            for person in found
            if own is not None
            and person is not None
            and person is not own
            and person.shown is not None
            and person.shares_a_room_with(session)
        ]

    def _as_seen_by(self, viewer: Person, person: Person, shown: Shown) -> str:
        if shown.last_seen_ms is None or viewer.last_seen == person.last_seen == "everyone":
            return shown.full
        is_seen = may_see_last_seen(
            viewer=viewer.last_seen,
            owner=person.last_seen,
            are_contacts=self._are_contacts(viewer.user, person),
        )
        return shown.full if is_seen else shown.private

    def _are_contacts(self, viewer: str, person: Person) -> bool:
        """Tell whether two people have a direct room, of those that are delivered here."""
        return any(
            self._rooms[room.id].is_direct and viewer in self._rooms[room.id].users
            for room in person.rooms
        )

    def _is_new(self, member: Acquaintance, known: frozenset[str]) -> bool:
        if member.user not in known:
            return True
        self._learn(self._people[member.user], member)
        return False

    def _learn(self, person: Person, member: Acquaintance) -> None:
        if person.learn(member):
            self._changed.append(person)

    def _join(self, room: LocalRoom, member: Acquaintance) -> Person:
        person = self._people.get(member.user)
        if person is None:
            person = Person(member.user, member.last_seen, member.profile_version)
            self._people[member.user] = person
        self._learn(person, member)
        person.rooms.add(room)
        return person

    def _part(self, company: _Company, users: Iterable[str]) -> None:
        for user in users:
            person = self._people.get(user)
            if person is not None:
                person.rooms.discard(company.room)
                if not person.rooms:
                    del self._people[user]
