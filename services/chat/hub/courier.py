"""Delivery of one room after the other: in order, each frame once, to those whose it is.

Per room there is one delivery at a time, whoever feeds it (the tail, a hole that is read, the
safety net): moving on, reading the members again and the loop over the sockets never overlap. If a
hole cannot be read nothing above it is written.
"""

import asyncio
import datetime as dt
from collections.abc import Sequence

import structlog

from libs.common import metrics
from libs.common.clock import to_unix_ms
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.tasks import TaskSet
from services.chat.domain.ordering import HELD_FRAMES, LiveFrame
from services.chat.frames.server import Message, encode
from services.chat.hub.journey import Journey
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.seating import Seating
from services.chat.selectors.messages import messages_between
from services.chat.selectors.room_state import members_of
from services.chat.selectors.rooms import heads_of

HOLE_AFTER_S = 0.1
"""How long a hole may close by itself before it is read from the database."""
SOCKETS_PER_TURN = 200
"""Sockets written before the event loop gets a turn."""
RETRY_AFTER_S = 0.25
"""Pause before reading again what could not be read."""

DELIVERIES = metrics.counter("parley_deliveries", "Messages handed to sessions.")
FILLED = metrics.counter("parley_hub_filled", "Messages read from the database to close a hole.")

log = structlog.get_logger(__name__)


class Courier:
    """Moves the rooms of one hub on."""

    def __init__(
        self, *, database: DatabaseThreads, tasks: TaskSet, seating: Seating, journey: Journey
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._seating = seating
        self._journey = journey

    def advance(self, room: LocalRoom) -> None:
        """Deliver what is due: at once where that is quick, otherwise in a task."""
        if room.busy or not room.seats or (room.order.next is None and not room.joining):
            return
        written = 0
        while room.order.peek() is not None and not room.reload_needed:
            written += len(room.seats)
            if written > SOCKETS_PER_TURN:
                break
            self._deliver(room)
        if room.leaving:
            self._seating.dismiss(room)
        if self._is_due(room):
            room.busy = True
            self._tasks.spawn(self._settle(room))
        else:
            self._come_back(room)

    def _is_due(self, room: LocalRoom) -> bool:
        """Tell whether something has to be done that takes waiting."""
        return (
            room.reload_needed
            or room.fill_needed
            or room.order.peek() is not None
            or self._may_tell(room)
        )

    def _may_tell(self, room: LocalRoom) -> bool:
        return room.tell_needed and asyncio.get_running_loop().time() >= room.tell_at_s

    def _come_back(self, room: LocalRoom) -> None:
        """Come back to what is given time: a hole, or the next telling."""
        loop = asyncio.get_running_loop()
        hole = room.order.hole()
        if room.hole_timer is None and hole is not None:
            room.hole_timer = loop.call_later(HOLE_AFTER_S, self._read_hole, room, hole[0])
        if room.tell_timer is None and room.tell_needed:
            room.tell_timer = loop.call_at(room.tell_at_s, self._tell_again, room)

    def _tell_again(self, room: LocalRoom) -> None:
        room.tell_timer = None
        self.advance(room)

    def _deliver(self, room: LocalRoom) -> None:
        frame = room.order.take()
        if frame is None:
            return
        for seat in room.seats.values():
            seat.deliver(frame)
        DELIVERIES.inc(len(room.seats))
        self._journey.written(room.id, frame)

    def _read_hole(self, room: LocalRoom, began_at: int) -> None:
        """Ask for a hole that did not close by itself; a younger one gets its own time."""
        room.hole_timer = None
        hole = room.order.hole()
        if hole is not None and hole[0] == began_at:
            room.fill_to = max(room.fill_to, hole[1])
        self.advance(room)

    async def _settle(self, room: LocalRoom) -> None:
        """Bring a room to where nothing is due, with all the waiting that takes."""
        try:
            while room.seats:
                try:
                    if not await self._settle_step(room):
                        break
                except ParleyError as error:
                    log.info("hub_waits", code=error.code)
                    await asyncio.sleep(RETRY_AFTER_S)
        finally:
            room.busy = False
        self.advance(room)

    async def _settle_step(self, room: LocalRoom) -> bool:
        """Do the one thing that is due; False where nothing is."""
        if room.reload_needed:
            await self._reload(room)
        elif room.fill_needed:
            await self._fill(room)
        elif room.order.peek() is not None:
            await self._deliver_to_many(room)
        elif self._may_tell(room):
            await self._seating.tell(room)
        else:
            return False
        return True

    async def _deliver_to_many(self, room: LocalRoom) -> None:
        frame = room.order.take()
        if frame is None:
            return
        seats = list(room.seats.values())
        for start in range(0, len(seats), SOCKETS_PER_TURN):
            for seat in seats[start : start + SOCKETS_PER_TURN]:
                seat.deliver(frame)
            await asyncio.sleep(0)
        DELIVERIES.inc(len(seats))
        self._journey.written(room.id, frame)
        if room.leaving:
            self._seating.dismiss(room)

    async def _fill(self, room: LocalRoom) -> None:
        """Read the next missing frames from the database."""
        first_seq = room.order.next or 1
        messages, version = await self._database.run(
            _read_range, room.id, first_seq=first_seq, last_seq=room.fill_to
        )
        if not messages or messages[0].seq != first_seq:
            log.error("hub_hole_cannot_be_read", room=room.id, seq=first_seq)
            room.fill_to = 0
            return
        FILLED.inc(len(messages))
        for message in messages:
            at_ms = to_unix_ms(dt.datetime.fromisoformat(message.created_at))
            text = encode(message)
            room.offer(LiveFrame(message.seq, version, None, message.sender, text, at_ms))

    async def _reload(self, room: LocalRoom) -> None:
        """Read the members again; without effect where somebody sat down who was not asked for."""
        heard_of = room.version_needed
        seated = {seat.session.user for seat in room.seats.values()}
        joining = set(room.joining)
        for seat in room.seats.values():
            if seat.version is not None or seat.session.id in joining:
                seat.called = False
        state = await self._database.run(members_of, room.id, besides=seated)
        if state is None:
            log.error("hub_room_is_gone", room=room.id)
            self._seating.close(room)
            return
        known = seated.union(member.user for member in state.members)
        if any(seat.version and seat.session.user not in known for seat in room.seats.values()):
            return
        room.asked_version = max(heard_of, state.version)
        room.read_again = False  # not before: a reading that fails is to be repeated
        self._seating.apply(room, state, joining=joining)


def _read_range(room_id: str, *, first_seq: int, last_seq: int) -> tuple[Sequence[Message], int]:
    """Read messages, then the version of the members by which they are to be judged.

    In this order: a removal that was committed before one of the messages is seen.
    """
    messages = messages_between(
        room_id=room_id, first_seq=first_seq, last_seq=last_seq, limit=HELD_FRAMES
    )
    versions = [head.version for head in heads_of([room_id])]
    return messages, max(versions, default=0)
