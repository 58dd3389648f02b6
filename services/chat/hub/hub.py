"""The hub: who is connected here, which rooms they are in, and delivery in order.

A session takes its seats first and learns the heads afterwards: what comes in between is held, so
there is no hole between ``welcome`` and the live frames.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence

import msgspec

from libs.common import metrics
from libs.common.clock import Clock, SystemClock
from libs.common.database import DatabaseThreads
from libs.common.errors import Unavailable
from libs.common.events import MessageCreated, RoomChanged, RoomSnapshot, UserChanged, UserRevoked
from libs.common.tasks import TaskSet
from libs.common.together import Together
from services.chat.domain.closing import NOT_AUTHENTICATED
from services.chat.frames.server import Custom, RoomEntry
from services.chat.hub.company import NO_COMPANY, Company
from services.chat.hub.courier import RETRY_AFTER_S, Courier
from services.chat.hub.journey import Journey
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.privacy import PrivateReading
from services.chat.hub.seating import Seating
from services.chat.hub.session import Seat, Session
from services.chat.selectors.rooms import Head, heads_of, room_for, rooms_of_each

OPENED = asyncio.Event()
OPENED.set()
"""What all sessions have that are open."""
JOIN_TRIES = 3
"""How often a room is read whose members change at the very same time."""

SESSIONS = metrics.gauge("parley_sessions", "Open sessions of this process.", ["kind"])
ROOMS = metrics.gauge("parley_local_rooms", "Rooms with a session in this process.")

RoomsOf = Callable[..., list[RoomEntry]]
"""A selector of the rooms in which ``user_id`` is present."""


class Hub:
    """One per process, in its event loop.

    Attributes:
        company: what wants to know who comes and goes.
        journey: measures how long messages are on their way.
    """

    def __init__(self, *, database: DatabaseThreads, clock: Clock | None = None) -> None:
        self.company: Company = NO_COMPANY
        self.journey = Journey(clock or SystemClock())
        self._database = database
        self._rooms: dict[str, LocalRoom] = {}
        self._sessions: dict[str, set[Session]] = {}
        self._tasks = TaskSet()
        self.private_reading = PrivateReading(
            database=database, tasks=self._tasks, sessions_of=self.sessions_of
        )
        seating = Seating(
            give_up=self._give_up_seat,
            seat_user=self.seat_user,
            on_told=lambda room, seat: self.company.told_of_room(room, seat),
        )
        self._courier = Courier(
            database=database, tasks=self._tasks, seating=seating, journey=self.journey
        )
        self._rooms_of = Together[str, list[RoomEntry]](
            lambda users: database.run(rooms_of_each, users)
        )
        self._heads_of = Together(self._read_heads)

    # -- sessions ---------------------------------------------------------------------------

    async def open(self, session: Session, *, read: RoomsOf | None = None) -> list[RoomEntry]:
        """Seat a session in its rooms and return them with their heads, for ``welcome``.

        Live frames are held until ``go_live``. On failure the caller must ``leave``.

        Args:
            session: whose.
            read: the selector that reads its rooms, where it may leave blank what nobody is told;
                without it they are read whole, together with those of others who come.

        Raises:
            ParleyError: the database did not answer.
        """
        self.enter(session)
        if read is None:
            entries = await self._rooms_of.ask(session.user) or []
        else:
            entries = await self._database.run(read, user_id=session.user)
        return await self.seat(session, entries)

    def enter(self, session: Session) -> None:
        """Let what is heard of its user find a session, before anything is read for it."""
        self._sessions.setdefault(session.user, set()).add(session)
        SESSIONS.labels(session.kind).inc()

    async def seat(self, session: Session, entries: Sequence[RoomEntry]) -> list[RoomEntry]:
        """Do the rest of ``open`` for a session that has entered, with its rooms as read since."""
        for entry in entries:
            self._take_seat(session, entry.id)
        by_room = await self._heads_of.ask(tuple(entry.id for entry in entries)) or {}
        seated = [await self._with_head(session, each, by_room.get(each.id)) for each in entries]
        return [entry for entry in seated if entry is not None]

    async def _read_heads(
        self, questions: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], dict[str, Head]]:
        """Return how far rooms are: for each question those of its rooms that there are."""
        rooms = {room for question in questions for room in question}
        heads = {head.room: head for head in await self._database.run(heads_of, list(rooms))}
        return {
            question: {room: heads[room] for room in question if room in heads}
            for question in questions
        }

    async def _with_head(
        self, session: Session, entry: RoomEntry, head: Head | None
    ) -> RoomEntry | None:
        """Bring a room to its head; read it again where its members changed meanwhile."""
        if head is None or head.version != entry.version:
            return await self._join(session, entry.id)
        status = self._rooms[entry.id].status
        status.watch.begin(head.marks_version)
        status.hidden_watch.begin(head.all_marks_version)
        entry = msgspec.structs.replace(entry, last_seq=head.last_seq)
        return self._seated(session, entry) or await self._join(session, entry.id)

    def go_live(self, session: Session) -> None:
        """Let the held frames go; to be called right after ``welcome`` was sent."""
        for room_id, seat in list(session.seats.items()):
            seat.go_live(seat.after)
            self.company.told_of_room(self._rooms[room_id], seat)
            self._courier.advance(self._rooms[room_id])
        session.opened.set()
        session.opened = OPENED  # its own took half a kilobyte, for nothing any more
        session.is_live = True
        self.company.opened(session)

    def leave(self, session: Session) -> None:
        """Forget a session. Doing it again changes nothing."""
        others = self._sessions.get(session.user)
        if others is None or session not in others:
            return
        SESSIONS.labels(session.kind).dec()
        others.remove(session)
        if not others:
            del self._sessions[session.user]
        session.opened.set()
        for room_id in list(session.seats):
            self._give_up_seat(session, room_id)
        if session.is_live:
            session.is_live = False
            self.company.closed(session)

    async def stop(self) -> None:
        """End what still goes on for sessions."""
        await self._tasks.stop()

    def sessions_of(self, user: str) -> Collection[Session]:
        """Return the sessions of a user in this process."""
        return tuple(self._sessions.get(user, ()))

    def all_sessions(self) -> list[Session]:
        """Return every session of this process."""
        return [session for sessions in self._sessions.values() for session in sessions]

    def users(self) -> list[str]:
        """Return the users that are connected to this process."""
        return list(self._sessions)

    # -- news -------------------------------------------------------------------------------

    def on_messages(self, event: MessageCreated) -> None:
        """Deliver new messages, as far as their turn has come."""
        room = self._rooms.get(event.room)
        if room is None:
            return
        room.hear(event)
        self._courier.advance(room)

    def on_room(self, event: RoomChanged | RoomSnapshot) -> None:
        """Read members again where they changed; seat those who are new."""
        room = self._rooms.get(event.room)
        if room is not None:
            self.hear_of_version(room.id, event.version)
        for member in event.members:
            self.seat_user(member.user, event.room)

    def on_revoked(self, event: UserRevoked) -> None:
        """Close the sessions of sign-ins that ended."""
        for session in self.sessions_of(event.user):
            if session.sid in event.sids:
                session.listener.close(NOT_AUTHENTICATED)

    def on_user_changed(self, event: UserChanged) -> None:
        """Take note of who reads privately now."""
        self.private_reading.hear(event.user, is_private=not event.send_read_receipts)

    def on_pushed(self, user: str, frame: Custom) -> None:
        """Hand what other code has for a user to the sessions that were welcomed."""
        for session in self.sessions_of(user):
            if session.opened.is_set():
                session.listener.custom(frame)

    def seat_user(self, user: str, room_id: str) -> None:
        """Seat the sessions of a user in a room where they are not seated yet."""
        for session in self.sessions_of(user):
            seat = session.seats.get(room_id)
            if seat is not None:
                seat.called = True
            elif session.opened.is_set():
                self._let_join(session, room_id)
            else:
                self._tasks.spawn(self._join_once_opened(session, room_id))

    # -- the safety net's side -----------------------------------------------------------------

    def local_rooms(self) -> list[str]:
        """Return the rooms that are delivered here."""
        return [room.id for room in self._rooms.values() if room.order.next is not None]

    def local_room(self, room_id: str) -> LocalRoom | None:
        """Return a room in which somebody sits here; None where nobody does."""
        return self._rooms.get(room_id)

    def head_of(self, room_id: str) -> int | None:
        """Return the last seq that was delivered here; None where a room is not delivered here."""
        room = self._rooms.get(room_id)
        return None if room is None or room.order.next is None else room.order.next - 1

    def is_behind(self, head: Head) -> bool:
        """Tell whether something up to this head has not been delivered here."""
        room = self._rooms.get(head.room)
        return room is not None and room.order.next is not None and room.order.next <= head.last_seq

    def catch_up(self, head: Head) -> None:
        """Read what is missing up to this head, and deliver it."""
        room = self._rooms.get(head.room)
        if room is not None and self.is_behind(head):
            room.fill_to = max(room.fill_to, head.last_seq)
            self._courier.advance(room)

    def hear_of_version(self, room_id: str, version: int) -> None:
        """Take note that the members have changed."""
        room = self._rooms.get(room_id)
        if room is not None and version > room.wanted_version:
            room.wanted_version = version
            self._courier.advance(room)

    # -- seats ------------------------------------------------------------------------------

    def _take_seat(self, session: Session, room_id: str) -> Seat:
        room = self._rooms.get(room_id)
        if room is None:
            room = self._rooms[room_id] = LocalRoom(room_id)
            ROOMS.inc()
        seat = Seat(session)
        room.seats[session.id] = session.seats[room_id] = seat
        return seat

    def _give_up_seat(self, session: Session, room_id: str) -> None:
        session.seats.pop(room_id, None)
        room = self._rooms.get(room_id)
        if room is None:
            return
        seat = room.seats.pop(session.id, None)
        room.joining.discard(session.id)
        if seat in room.leaving:
            room.leaving.remove(seat)
            room.forget_portrait()
        if not room.seats:
            del self._rooms[room_id]
            ROOMS.dec()
            room.end()
            self.company.room_ended(room)

    async def _join_once_opened(self, session: Session, room_id: str) -> None:
        """Seat a session that has not been told of its other rooms yet."""
        await session.opened.wait()
        if session in self.sessions_of(session.user) and room_id not in session.seats:
            self._let_join(session, room_id)

    def _let_join(self, session: Session, room_id: str) -> None:
        """Take a seat; it is given, and the session told, when the members have been read."""
        self._take_seat(session, room_id)
        room = self._rooms[room_id]
        room.joining.add(session.id)
        self._courier.advance(room)

    async def _join(self, session: Session, room_id: str) -> RoomEntry | None:
        """Seat first, read afterwards. None where the user is no member (any more)."""
        seat = session.seats.get(room_id) or self._take_seat(session, room_id)
        for _ in range(JOIN_TRIES):
            seat.called = False
            entry = await self._database.run(room_for, user_id=session.user, room_id=room_id)
            if entry is None and seat.called:
                continue
            if entry is None or session.listener.closed:
                self._give_up_seat(session, room_id)
                return None
            seated = self._seated(session, entry)
            if seated is not None:
                return seated
        raise Unavailable(retry_after_s=RETRY_AFTER_S)

    def _seated(self, session: Session, entry: RoomEntry) -> RoomEntry | None:
        """Give a seat by what was read after taking it; None where the room knows better already.

        The room as it is told to the session comes back: with the head behind which it goes on.
        """
        room = self._rooms[entry.id]
        room.start(last_seq=entry.last_seq, version=entry.version)
        room.member_count = entry.member_count or room.member_count
        if entry.version < room.version:
            return None
        seat = session.seats[entry.id]
        room.status.marks.meet(entry.lowest, session.user)
        seat.version = seat.told = entry.version
        room.told = min(room.told, entry.version)
        seat.after = room.head_for(entry.last_seq)
        return msgspec.structs.replace(entry, last_seq=seat.after)
