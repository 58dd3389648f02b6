"""The Typing Indicator Manager: who types, told to whoever else is in the room.

Every keystroke takes the same road, also within one process: it is told on a stream that all
processes read, and each of them decides what its own sockets are to see. All of it passes: what a
slow reader does not take, or Redis does not, is dropped and counted.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.events import TypingChanged, TypingNews
from services.chat.domain.pressure import AT_EASE, INTERVALS, Level, Pressure
from services.chat.domain.typing import OwnTypists, SeenTypists, Typist, without
from services.chat.frames.server import Typing, encode
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session

TICK_S = 0.05
"""How often it is looked who has stopped, while anybody types."""
TELL_EVERY_S = INTERVALS[Level.CALM].typing_s
"""Least time between two ``typing`` frames of one room, while the process is calm; the first one is
sent at once."""

FRAMES = metrics.counter("parley_typing_frames", "Typing frames handed to sessions.")
SHED = metrics.counter(
    "parley_typing_shed",
    "Typing frames that a slow reader was spared, and keystrokes passed over by an overloaded process.",
)
EXPIRED = metrics.counter(
    "parley_typing_expired", "Typists the end of whose typing was never told."
)
TOO_MANY = metrics.counter(
    "parley_typing_in_large_rooms", "Keystrokes passed over because the room has too many members."
)

log = structlog.get_logger(__name__)


class Teller(Protocol):
    """What tells all processes about typists."""

    def tell(self, news: Sequence[TypingNews]) -> None:
        """Publish at once, or drop it."""
        ...


@dataclass(slots=True, eq=False)
class _Typing:
    """Who types in a room of this process.

    Attributes:
        shown: who was told to type last.
        ended: who has stopped since. They may have begun again, but whoever got a message of theirs in
            between thinks that they are done.
        rest_until_s: when the room may be told again.
        owed: sessions that did not take the last frame.
    """

    room: LocalRoom
    seen: SeenTypists = field(default_factory=SeenTypists)
    shown: tuple[str, ...] = ()
    ended: set[str] = field(default_factory=set)
    rest_until_s: float = 0.0
    owed: set[Seat] = field(default_factory=set)


class TypingIndicatorManager:
    """One per process, in its event loop; only ``run`` waits.

    Args:
        room_of: returns a room that has seats here; None where it has none.
        most_members: rooms with more show nobody typing.
        pressure: says how often a room is told, beside the first time, and whether at all.
    """

    def __init__(
        self,
        *,
        room_of: Callable[[str], LocalRoom | None],
        teller: Teller,
        clock: Clock,
        most_members: int,
        pressure: Pressure = AT_EASE,
    ) -> None:
        self._pressure = pressure
        self._room_of = room_of
        self._teller = teller
        self._clock = clock
        self._most_members = most_members
        self._own = OwnTypists()
        self._rooms: dict[str, _Typing] = {}
        self._busy = asyncio.Event()

    # -- the sessions of this process -----------------------------------------------------------

    def start_typing(self, session: Session, room: str) -> None:
        """Take a keystroke: the first one is told at once, the others now and then."""
        if self._pressure.sheds_typing:
            SHED.inc()
            return
        local = self._room_of(room)
        if local is None or local.member_count > self._most_members:
            TOO_MANY.inc()
            return
        typist = Typist(room, session.user, session.id)
        if self._own.press(typist, self._clock.monotonic()):
            self._tell([typist], is_typing=True)
        self._busy.set()

    def stop_typing(self, session: Session, room: str) -> None:
        """Take note that a session stopped typing in a room, or sent what it typed."""
        typist = Typist(room, session.user, session.id)
        if self._own.stop(typist, self._clock.monotonic()):
            self._tell([typist], is_typing=False)

    def closed(self, session: Session) -> None:
        """Take note that a session has ended, and all that it typed."""
        now_s = self._clock.monotonic()
        typed = self._own.of_session(session.id)
        self._tell([each for each in typed if self._own.stop(each, now_s)], is_typing=False)

    def debounce_typing(self, now_s: float) -> None:
        """Tell what is due of typists here: that they still type, or have stopped, or may not."""
        removed = [each for each in self._own if not self._is_member(each)]
        self._tell([each for each in removed if self._own.stop(each, now_s)], is_typing=False)
        self._tell(self._own.silent(now_s), is_typing=False)
        self._tell(self._own.repeated(now_s), is_typing=True)

    def _is_member(self, typist: Typist) -> bool:
        room = self._room_of(typist.room)
        seat = None if room is None else room.seats.get(typist.session)
        return seat is not None and seat.until is None

    def _tell(self, typists: Sequence[Typist], *, is_typing: bool) -> None:
        if typists:
            self._teller.tell([TypingNews(*typist, is_typing) for typist in typists])

    # -- what its sessions see ------------------------------------------------------------------

    def hear(self, event: TypingChanged) -> None:
        """Take over who types, in the rooms that are delivered here."""
        now_s = self._clock.monotonic()
        heard = {}
        for news in event.news:
            typing = self._typing_in(news.room)
            if typing is None:
                continue
            if news.is_typing:
                typing.seen.see(news.user, news.session, now_s)
            else:
                typing.seen.end(news.user, news.session)
                typing.ended.add(news.user)
            heard[news.room] = typing
        for typing in heard.values():
            self._show(typing, now_s)
        if heard:
            self._busy.set()

    def sat_down(self, room: LocalRoom, seat: Seat) -> None:
        """Show a session who types in a room that it has just been told of."""
        typing = self._rooms.get(room.id)
        if typing is not None and typing.room is room and typing.shown:
            typing.owed.add(seat)

    def ended(self, room: LocalRoom) -> None:
        """Forget a room in which nobody sits any more."""
        typing = self._rooms.get(room.id)
        if typing is not None and typing.room is room:
            del self._rooms[room.id]

    def cleanup_stale_indicators(self, now_s: float) -> None:
        """Let typists go of whom nothing was heard for too long, and show what has changed."""
        for room_id, typing in list(self._rooms.items()):
            EXPIRED.inc(typing.seen.expire(now_s))
            self._show(typing, now_s)
            is_over = not (typing.seen or typing.shown or typing.owed)
            if is_over and now_s >= typing.rest_until_s:
                del self._rooms[room_id]

    def broadcast_typing_status(self, typing: _Typing) -> None:
        """Show those who sit in a room who types there; nobody sees themselves.

        Whoever sees no change gets no frame, unless somebody has stopped in between, or they have
        not taken the last one.
        """
        before, typing.shown = typing.shown, typing.seen.users
        ended, typing.ended = typing.ended, set()
        owed, typing.owed = typing.owed, set()
        text = encode(Typing(room=typing.room.id, users=list(typing.shown)))
        for seat in typing.room.seats.values():
            user = seat.session.user
            if not _sees_typing(seat):
                continue
            if user in before or user in typing.shown:
                seen = [*without(typing.shown, user)]
                is_news = seen != [*without(before, user)]
                if is_news or seat in owed or (ended - {user} and seen):
                    own = encode(Typing(room=typing.room.id, users=seen))
                    self._send(typing, seat, own)
            else:
                self._send(typing, seat, text)

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody types, and nothing is kept of anybody who did."""
        return not (self._own or self._rooms)

    async def run(self) -> None:
        """Look after all typists for ever; cancel it to stop."""
        while True:
            await self._busy.wait()
            await asyncio.sleep(TICK_S)
            try:
                self.tick()
            except Exception:
                log.exception("typing_bug")

    def tick(self) -> None:
        """Do what is due now."""
        now_s = self._clock.monotonic()
        self.debounce_typing(now_s)
        self.cleanup_stale_indicators(now_s)
        if self.is_at_rest:
            self._busy.clear()

    def _typing_in(self, room_id: str) -> _Typing | None:
        room = self._room_of(room_id)
        if room is None:
            return None
        typing = self._rooms.get(room_id)
        if typing is None or typing.room is not room:
            typing = self._rooms[room_id] = _Typing(room)
        return typing

    def _show(self, typing: _Typing, now_s: float) -> None:
        """Show who types, where that has changed and the room was not told a moment ago."""
        if now_s < typing.rest_until_s:
            return
        if typing.seen.users != typing.shown or (typing.ended and typing.shown):
            typing.rest_until_s = now_s + self._pressure.intervals.typing_s
            self.broadcast_typing_status(typing)
        elif typing.owed:
            typing.rest_until_s = now_s + self._pressure.intervals.typing_s
            self._pay(typing)

    def _pay(self, typing: _Typing) -> None:
        """Show those who did not take the last frame what it would be now."""
        owed, typing.owed = typing.owed, set()
        for seat in owed:
            if typing.room.seats.get(seat.session.id) is seat and _sees_typing(seat):
                users = [*without(typing.shown, seat.session.user)]
                self._send(typing, seat, encode(Typing(room=typing.room.id, users=users)))

    def _send(self, typing: _Typing, seat: Seat, text: str) -> None:
        if seat.session.listener.offer(text):
            FRAMES.inc()
        elif not seat.session.listener.closed:
            SHED.inc()
            typing.owed.add(seat)


def _sees_typing(seat: Seat) -> bool:
    is_given = seat.version is not None and seat.until is None and seat.held is None
    return is_given and seat.session.kind == "chat"
