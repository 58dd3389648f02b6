"""Seats given anew by the members as they are now, and what is said about that.

A seat is taken first and judged afterwards, by members that were read later: what comes in between
is held. Somebody who was removed keeps the seat until the last message that is theirs has passed.
"""

import asyncio
from collections.abc import Callable, Set

from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session
from services.chat.selectors.room_state import MemberSpan, Portrait, RoomState

TOLD_PER_TURN = 100
"""Sessions told of a room before the event loop gets a turn."""
TELL_EVERY_S = 0.2
"""How often the members of one room are told that it changed; of several changes the last one."""


class Seating:
    """The seats of all rooms of one hub.

    Args:
        give_up: takes a session's seat in a room away.
        seat_user: seats the sessions of a user in a room where they are not seated yet.
        on_told: called when a session was told of a room, and gets its frames: the rows may be
            older than what it has been told of the members' watermarks, or would have been.
    """

    def __init__(
        self,
        *,
        give_up: Callable[[Session, str], None],
        seat_user: Callable[[str, str], None],
        on_told: Callable[[LocalRoom, Seat], None],
    ) -> None:
        self._give_up = give_up
        self._seat_user = seat_user
        self._on_told = on_told

    def apply(self, room: LocalRoom, state: RoomState, *, joining: Set[str]) -> None:
        """Give the seats of a room anew; those who come and go are told of it at once.

        Nobody loses a seat who was called since the reading began: they may have been added back,
        and the next reading knows.

        Args:
            room: whose.
            state: read after those who are joining took their seats.
            joining: the sessions that are to be let in.
        """
        ahead = [seat for seat in room.seats.values() if seat.told == state.version > room.version]
        room.start(last_seq=state.last_seq, version=state.version)
        portrait = Portrait(state)
        room.version, room.portrait, room.leaving = state.version, portrait, []
        room.member_count = sum(member.left_seq is None for member in state.members)
        for seat in list(room.seats.values()):
            if _is_judged_by(seat, portrait, joining):
                self._judge(room, seat, portrait)
        for seat in ahead:
            self._catch_up_with(room, seat)
        self.dismiss(room)
        for member in state.members:
            if member.left_seq is None:
                self._seat_user(member.user, room.id)

    def _judge(self, room: LocalRoom, seat: Seat, portrait: Portrait) -> None:
        span = portrait.spans.get(seat.session.user)
        if span is not None and span.left_seq is None:
            self._keep(room, seat, span, portrait)
        elif seat.called:
            room.read_again = True
        elif seat.version is None:
            self._give_up(seat.session, room.id)
        else:
            self._see_off(room, seat, span)

    def _keep(self, room: LocalRoom, seat: Seat, span: MemberSpan, portrait: Portrait) -> None:
        if seat.until is not None:  # what was told of people meanwhile has passed them by
            seat.until, seat.met = None, False
        if seat.version is None:
            room.joining.discard(seat.session.id)
            self._let_in(room, seat, portrait)
        seat.version = portrait.version
        seat.after = max(seat.after, span.joined_seq)

    def _let_in(self, room: LocalRoom, seat: Seat, portrait: Portrait) -> None:
        head = room.head_for(portrait.last_seq)
        seat.told = portrait.version
        room.told = min(room.told, portrait.version)  # another session may have read a later one
        self._show(room, seat, portrait, head=head)
        seat.go_live(head)
        self._on_told(room, seat)

    def _catch_up_with(self, room: LocalRoom, seat: Seat) -> None:
        """Tell a session again that had read this version before the room here changed to it.

        Its ``welcome`` knew who has left, and the marks that it was told of since did not.
        """
        if seat.until is None and seat.held is None:
            self._on_told(room, seat)

    def _see_off(self, room: LocalRoom, seat: Seat, span: MemberSpan | None) -> None:
        seat.until = 0 if span is None else (span.left_seq or 0)
        # Of a stay that began after this seat was given, what was written before it is not theirs.
        seat.after = max(seat.after, 0 if span is None else span.joined_seq)
        room.leaving.append(seat)

    def dismiss(self, room: LocalRoom) -> None:
        """Say good-bye to those who have got all that was theirs."""
        portrait, next_seq = room.portrait, room.order.next or 1
        if portrait is None:
            return
        # Not before `welcome` has gone out, which a seat that still holds frames waits for.
        gone = [seat for seat in room.leaving if _passed(seat, next_seq) and seat.held is None]
        room.leaving = [seat for seat in room.leaving if seat not in gone]
        for seat in gone:
            if room.seats.get(seat.session.id) is seat:
                self._give_up(seat.session, room.id)
                seat.session.listener.room(portrait.farewell(head=seat.until or 0))
        room.forget_portrait()

    def close(self, room: LocalRoom) -> None:
        """Take the seats of a room away that is not there any more."""
        for seat in list(room.seats.values()):
            self._give_up(seat.session, room.id)

    async def tell(self, room: LocalRoom) -> None:
        """Tell all who are seated what the room is like now."""
        portrait = room.portrait
        if portrait is None:
            return
        room.tell_at_s = asyncio.get_running_loop().time() + TELL_EVERY_S
        everybody = True
        for number, seat in enumerate(list(room.seats.values()), start=1):
            if number % TOLD_PER_TURN == 0:
                await asyncio.sleep(0)
            if room.seats.get(seat.session.id) is seat and _is_to_be_told(seat, portrait):
                everybody = self._tell_one(room, seat, portrait) and everybody
        if everybody:
            room.told = portrait.version
        room.forget_portrait()

    def _tell_one(self, room: LocalRoom, seat: Seat, portrait: Portrait) -> bool:
        if seat.held is not None:
            return False  # its `welcome` has not gone out, and tells of an older version
        seat.told = portrait.version
        head = max(seat.after, (room.order.next or 1) - 1)
        self._show(room, seat, portrait, head=head)
        self._on_told(room, seat)
        return True

    @staticmethod
    def _show(room: LocalRoom, seat: Seat, portrait: Portrait, *, head: int) -> None:
        user = seat.session.user
        shown = portrait.shown_to(user, head=head)
        room.status.marks.meet(shown.lowest, user)
        seat.session.listener.room(shown)


def _passed(seat: Seat, next_seq: int) -> bool:
    return seat.until is not None and seat.until < next_seq


def _is_judged_by(seat: Seat, portrait: Portrait, joining: Set[str]) -> bool:
    """Tell whether a reading is about a seat: not where its own is on the way, or was later."""
    if seat.version is None:
        return seat.session.id in joining
    return seat.version <= portrait.version


def _is_to_be_told(seat: Seat, portrait: Portrait) -> bool:
    seated = seat.version is not None and seat.until is None
    return seated and seat.told < portrait.version and seat.session.user in portrait.spans
