"""Tells sessions whether the people are there with whom they share a room.

What is known of a person is known once for the whole process, from the stream of presence, whose
order is the truth. Whoever is new here is asked for, and asked for again where nothing is certain
any more. Without an answer, or without presence, people are ``unknown``: never wrong.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.events import PersonPresence, PresenceChanged, UserChanged
from services.chat.domain.pressure import AT_EASE, INTERVALS, Level, Pressure
from services.chat.frames.server import presence_frames
from services.chat.hub.acquaintances import Acquaintances, Person, Shown
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session
from services.chat.selectors.contacts import Acquaintance, people_of

TELL_EVERY_S = INTERVALS[Level.CALM].presence_s
"""Least time between two ``presence`` frames to one socket, while the process is calm; what changes
meanwhile is one frame."""
LOOK_EVERY_S = 1.0
ASK_AGAIN_AFTER_S = 2.0
PATIENCE_S = 8.0
"""How long somebody who is new here may be waited for, before they are told to be unknown: longer
than presence says nothing of absent people whom it never knew, where its data have just begun."""
DOUBT_S = 45.0
"""The same of somebody of whom something is known that may be out of date: presence says nothing
of absent people for 35 s after Redis was wiped."""
GONE_AFTER_S = 16.0
"""How long nothing may come from presence: three beats, of which each comes after 5 s."""
ROOMS_PER_READING = 500
REST_S = 0.05
"""From one reading to the next: whose people are read in between wait for each other."""
SOCKETS_PER_TURN = 200
RETRY_AFTER_S = 0.25

FRAMES = metrics.counter("parley_presence_frames", "Presence frames handed to sessions.")
TOLD = metrics.counter("parley_presence_told", "People told of in presence frames.")
PUT_OFF = metrics.counter(
    "parley_presence_put_off", "Presence frames that waited because their reader was slow."
)
PEOPLE = metrics.gauge("parley_presence_known_people", "People whose presence matters here.")
BLIND = metrics.gauge("parley_presence_blind", "1 while nothing comes from presence.")

log = structlog.get_logger(__name__)


class PresenceBoard:
    """One per process, in its event loop.

    Args:
        room_of: returns a room that has seats here; None where it has none.
        ask: has the presence service asked for people.
        most_members: of a room whose people are told of.
        pressure: says how often a session is told.
    """

    def __init__(
        self,
        *,
        room_of: Callable[[str], LocalRoom | None],
        ask: Callable[[Iterable[str]], None],
        database: DatabaseThreads,
        clock: Clock,
        most_members: int,
        pressure: Pressure = AT_EASE,
    ) -> None:
        self._pressure = pressure
        self._room_of = room_of
        self._ask = ask
        self._database = database
        self._clock = clock
        self._most_members = most_members
        self._people = Acquaintances()
        self._unread: dict[str, LocalRoom] = {}
        self._is_unread = asyncio.Event()
        self._awaited: dict[str, float] = {}
        self._asked_at_s = 0.0
        self._heard_at_s = clock.monotonic()
        self._is_blind = False
        self._pending: dict[Session, set[str]] = {}
        self._is_pending = asyncio.Event()

    # -- who sits where -------------------------------------------------------------------------

    def sat_down(self, room: LocalRoom, seat: Seat) -> None:
        """Have a session told of the people of a room; also where the room has changed."""
        if seat.session.kind != "chat":
            return
        if self._people.version_of(room) < room.version:
            self._unread[room.id] = room
            self._is_unread.set()
        elif not seat.met:
            self._meet(room, seat)

    def closed(self, session: Session) -> None:
        """Forget what a session was to be told."""
        self._pending.pop(session, None)

    def ended(self, room: LocalRoom) -> None:
        """Forget the people of a room in which nobody sits any more."""
        self._people.forget(room)

    # -- what it hears --------------------------------------------------------------------------

    def hear(self, event: PresenceChanged) -> None:
        """Take over how people are."""
        self.hear_beat()
        for told in event.people:
            person = self._people.person(told.user)
            if person is not None:
                self._learn(person, told)

    def hear_beat(self) -> None:
        """Take note that presence works."""
        self._heard_at_s = self._clock.monotonic()
        if self._is_blind:
            self._is_blind = False
            BLIND.set(0)
            log.info("presence_is_back")
            self._doubt()

    def on_epoch(self) -> None:
        """Ask for everybody again: news may have been lost."""
        self._doubt()

    def on_user_changed(self, event: UserChanged) -> None:
        """Take over to whom a person shows when they were there last; it is mutual."""
        person = self._people.person(event.user)
        if person is None or person.profile_version >= event.profile_version:
            return
        if person.learn(Acquaintance(event.user, event.last_seen, event.profile_version)):
            self._show_anew(person)

    def broadcast_status_change(self, person: Person) -> None:
        """Have everybody here told of a person who shares a room with them."""
        for seat in person.seats():
            self._let_wait(seat.session, (person.user,))

    # -- what it does ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Read, ask and tell for ever; cancel it to stop."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_for_ever(), name="presence-reader")
            tasks.create_task(self._look_for_ever(), name="presence-look")
            await self._tell_for_ever()

    def look(self) -> None:
        """Judge what is known by the time that has passed."""
        now_s = self._clock.monotonic()
        PEOPLE.set(len(self._people))
        if not self._is_blind and now_s - self._heard_at_s > GONE_AFTER_S:
            self._go_blind()
        self._awaited = {u: s for u, s in self._awaited.items() if self._people.person(u)}
        for user, since_s in list(self._awaited.items()):
            person = self._people.person(user)
            if person is not None and now_s - since_s >= _patience_s(person):
                self._show_unknown(person)
        if self._awaited and now_s - self._asked_at_s >= ASK_AGAIN_AFTER_S and not self._is_blind:
            self._asked_at_s = now_s
            self._ask(self._awaited)

    # -- its own --------------------------------------------------------------------------------

    def _meet(self, room: LocalRoom, seat: Seat) -> None:
        seat.met = True
        self._let_wait(seat.session, self._people.of_room(room))

    def _learn(self, person: Person, told: PersonPresence) -> None:
        self._awaited.pop(person.user, None)
        if person.shown is None or not person.shown.says(told):
            person.shown = Shown.of(told)
            self.broadcast_status_change(person)

    def _show_anew(self, person: Person) -> None:
        """Have all told of a person, and the person of all: what they may see is another matter now."""
        self.broadcast_status_change(person)
        for room in person.rooms:
            for seat in room.seats.values():
                if seat.met and seat.session.user == person.user:
                    self._let_wait(seat.session, self._people.of_room(room))

    def _show_unknown(self, person: Person) -> None:
        if person.shown is None or person.shown.status != "unknown":
            person.shown = Shown.unknown(person.user)
            self.broadcast_status_change(person)

    def _want(self, people: Iterable[Person]) -> None:
        """Ask for people of whom nothing is known yet."""
        now_s = self._clock.monotonic()
        new = [each for each in people if each.shown is None and each.user not in self._awaited]
        if self._is_blind:
            for person in new:
                self._show_unknown(person)
            return
        self._awaited.update((each.user, now_s) for each in new)
        if new:
            self._ask([each.user for each in new])

    def _doubt(self) -> None:
        """Ask for everybody; until they are answered for, what is known stays."""
        now_s = self._clock.monotonic()
        self._awaited = {person.user: now_s for person in self._people}
        self._asked_at_s = now_s
        if self._awaited:
            self._ask(self._awaited)

    def _go_blind(self) -> None:
        log.warning("presence_is_silent", people=len(self._people))
        self._is_blind = True
        BLIND.set(1)
        self._awaited = {}
        for person in self._people:
            self._show_unknown(person)

    def _let_wait(self, session: Session, users: Iterable[str]) -> None:
        self._pending.setdefault(session, set()).update(users)
        self._is_pending.set()

    # -- telling --------------------------------------------------------------------------------

    async def _tell_for_ever(self) -> None:
        while True:
            await self._is_pending.wait()
            self._is_pending.clear()
            await asyncio.sleep(self._pressure.intervals.presence_s)
            if self._pressure.sheds_presence:
                PUT_OFF.inc(len(self._pending))
                self._is_pending.set()
            else:
                await self.tell()

    async def tell(self) -> None:
        """Send each session what has changed for it, in one frame where that is not huge."""
        pending, self._pending = self._pending, {}
        for number, (session, users) in enumerate(pending.items(), start=1):
            if number % SOCKETS_PER_TURN == 0:
                await asyncio.sleep(0)
            if session.listener.closed:
                continue
            try:
                self._tell_one(session, users)
            except Exception:
                log.exception("presence_bug")

    def _tell_one(self, session: Session, users: Iterable[str]) -> None:
        parts = self._people.shown_to(session, users)
        for frame in presence_frames(parts):
            if not session.listener.offer(frame):
                PUT_OFF.inc()
                self._let_wait(session, users)
                return
            FRAMES.inc()
        TOLD.inc(len(parts))

    # -- reading --------------------------------------------------------------------------------

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                self.look()
            except Exception:
                log.exception("presence_look_bug")

    async def _read_for_ever(self) -> None:
        while True:
            await self._is_unread.wait()
            try:
                await self.read_some()
                await asyncio.sleep(REST_S)
            except ParleyError as error:
                log.info("presence_reader_waits", code=error.code)
                await asyncio.sleep(RETRY_AFTER_S)
            except Exception:
                log.exception("presence_reader_bug")
                await asyncio.sleep(RETRY_AFTER_S)

    async def read_some(self) -> None:
        """Read the people of rooms that wait for it, in one statement.

        Raises:
            ParleyError: the database did not answer; they wait on.
        """
        rooms = dict(islice(self._unread.items(), ROOMS_PER_READING))
        for room_id in rooms:  # whoever sits down from now on may know of a newer version
            del self._unread[room_id]
        try:
            read = await self._database.run(people_of, list(rooms), at_most=self._most_members)
        except BaseException:
            self._unread = {**rooms, **self._unread}
            raise
        for number, people in enumerate(read, start=1):
            if number % SOCKETS_PER_TURN == 0:
                await asyncio.sleep(0)
            room = self._room_of(people.room)
            if room is not None:
                self._introduce(room, self._people.take(room, people))
                for person in self._people.take_changed():
                    self._show_anew(person)
        if not self._unread:
            self._is_unread.clear()

    def _introduce(self, room: LocalRoom, new: Sequence[Person]) -> None:
        """Have those who sit in a room told of who is new in it, and newcomers of everybody."""
        users = {person.user for person in new}
        for seat in room.seats.values():
            is_given = seat.version is not None and seat.held is None and seat.until is None
            if seat.session.kind != "chat" or not is_given:
                continue
            if seat.met and seat.session.user not in users:
                self._let_wait(seat.session, users)
            else:
                self._meet(room, seat)
        self._want(new)


def _patience_s(person: Person) -> float:
    return PATIENCE_S if person.shown is None else DOUBT_S
