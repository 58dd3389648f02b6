"""A room that somebody connected to this process is in."""

import asyncio
from dataclasses import dataclass, field

from libs.common.events import MessageCreated
from services.chat.domain.ordering import LiveFrame, Sequencer
from services.chat.hub.marks import RoomMarks
from services.chat.hub.room_status import RoomStatus
from services.chat.hub.session import Seat
from services.chat.selectors.room_state import Portrait


@dataclass(slots=True, eq=False)
class LocalRoom:
    """What the hub keeps of a room while it has seats.

    Attributes:
        version: version of the members by which the seats were given; 0 before the first reading.
        asked_version: up to which a reading was asked for. A database that was set back answers
            with an older one, and must not be asked for ever.
        wanted_version: a newer one that was heard of: the members are read again first.
        read_again: somebody was called while the members were read who is none by that reading.
        joining: the sessions whose seats wait for the next reading of the members.
        leaving: seats of users who were removed and have not got all that is theirs yet.
        portrait: the room as it was read last, for as long as somebody is to be told of it.
        told: the version that all who are seated were told of, or had read themselves.
        tell_at_s: when they may be told again, in the event loop's time.
        fill_to: the room is known to reach to this seq: what is missing below is to be read.
        member_count: how many are present, as it was read last; 0 where that was never told.
        busy: one task at a time moves ``order``, reads for it and writes to many sockets.
        hole_timer: runs while a hole is given time to close by itself.
        tell_timer: runs until ``tell_at_s``.
        status: how far the members are, and what is told of that.
    """

    id: str
    seats: dict[str, Seat] = field(default_factory=dict)
    order: Sequencer = field(default_factory=Sequencer)
    version: int = 0
    asked_version: int = 0
    wanted_version: int = 0
    read_again: bool = False
    joining: set[str] = field(default_factory=set)
    leaving: list[Seat] = field(default_factory=list)
    portrait: Portrait | None = None
    told: int = 0
    tell_at_s: float = 0.0
    fill_to: int = 0
    member_count: int = 0
    busy: bool = False
    hole_timer: asyncio.TimerHandle | None = None
    tell_timer: asyncio.TimerHandle | None = None
    status: RoomStatus = field(init=False)

    def __post_init__(self) -> None:
        self.status = RoomStatus(RoomMarks(self.id))

    def start(self, *, last_seq: int, version: int) -> None:
        """Begin behind ``last_seq``, read from the database after the first seat was taken."""
        if self.order.next is None:
            self.order.start(last_seq + 1)
            self.version = self.asked_version = self.told = version

    def forget_portrait(self) -> None:
        """Let go of the members, which may be a thousand, unless somebody is to be told of them."""
        if not self.leaving and not self.tell_needed:
            self.portrait = None

    def end(self) -> None:
        """Let go of the timers: nobody is seated here any more."""
        for timer in (self.hole_timer, self.tell_timer):
            if timer is not None:
                timer.cancel()

    def hear(self, event: MessageCreated) -> None:
        """Take in the frames of an event."""
        for frame in event.frames:
            self.offer(
                LiveFrame(
                    seq=frame.seq,
                    room_version=event.room_version,
                    session=frame.session,
                    sender=frame.sender,
                    text=bytes(frame.frame).decode(),
                    written_at_ms=event.written_at_ms,
                )
            )

    def offer(self, frame: LiveFrame) -> None:
        """Take a frame in; what finds no room is read again when its turn comes."""
        dropped = self.order.offer(frame)
        if dropped is not None:
            self.fill_to = max(self.fill_to, dropped)

    def head_for(self, last_seq: int) -> int:
        """Return the head to tell a session that has read ``last_seq`` after taking its seat.

        Another session may have read a later one and begun the room behind it: what lies between
        was not delivered to any seat.
        """
        return max(last_seq, (self.order.began_at or 1) - 1)

    @property
    def reload_needed(self) -> bool:
        """Whether the members have to be read again before anything is delivered."""
        is_old = self.version_needed > self.asked_version
        return is_old or self.read_again or bool(self.joining)

    @property
    def tell_needed(self) -> bool:
        """Whether the room has changed since those who are seated were told of it."""
        return self.portrait is not None and self.portrait.version > self.told

    @property
    def version_needed(self) -> int:
        """Return the version of the members that is needed for what comes next."""
        frame = self.order.peek()
        return max(self.wanted_version, 0 if frame is None else frame.room_version)

    @property
    def fill_needed(self) -> bool:
        """Whether the next frame is missing and known to exist."""
        next_seq = self.order.next
        return next_seq is not None and next_seq <= self.fill_to and self.order.peek() is None
