"""A session as the hub knows it, and its seats in rooms."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from libs.common.events import SessionKind
from libs.common.frugal import FrugalEvent
from services.chat.domain.activity import Activity
from services.chat.domain.claims import NO_CLAIMS, Claims
from services.chat.domain.ordering import LiveFrame
from services.chat.frames.server import Custom, RoomUpdate
from services.chat.hub.live_status import LiveStatus


class Listener(Protocol):
    """What a session does with its news. No method waits, and none raises once it is closed."""

    @property
    def closed(self) -> bool:
        """Whether nobody is there any more."""
        ...

    def message(self, frame: LiveFrame) -> None:
        """Take a message of one of the session's rooms; in order of seq in each room."""
        ...

    def status(self, status: LiveStatus) -> None:
        """Take how far the members of one of the session's rooms are."""
        ...

    def room(self, update: RoomUpdate) -> None:
        """Take a room that is new, has changed, or is the session's no more."""
        ...

    def custom(self, frame: Custom) -> None:
        """Take what other code pushed to the user."""
        ...

    def offer(self, frame: str) -> bool:
        """Take a frame of something that passes: who is there, who types.

        Returns:
            False where it was not taken, because the reader is too slow for what matters more.
        """
        ...

    def close(self, code: int) -> None:
        """End the session, behind everything that was said before."""
        ...

    def send_away(self, after_ms: int) -> None:
        """End the session; its client comes back ``after_ms`` later."""
        ...


@dataclass(slots=True, eq=False)
class Session:
    """One open WebSocket or long poll of a user.

    Attributes:
        sid: the sign-in that it belongs to.
        listener: gets its news.
        opened: set when ``welcome`` has gone out and the session is live, or when it has ended.
        is_live: others are told of it.
        is_private: the others are not to learn what is read in it; None until that is known.
        activity: whether its person is at it.
        is_expected_back: its client was asked to come back: its end tells nothing of its person.
        leave_at_s: when its client will be asked to, of the monotonic clock.
    """

    id: str
    user: str
    sid: str
    listener: Listener
    kind: SessionKind = "chat"
    seats: "dict[str, Seat]" = field(default_factory=dict)
    opened: asyncio.Event = field(default_factory=FrugalEvent)
    is_live: bool = False
    is_private: bool | None = None
    activity: Activity = field(default_factory=Activity)
    is_expected_back: bool = False
    leave_at_s: float | None = None

    @property
    def is_away(self) -> bool:
        """Whether its person is away."""
        return self.activity.is_away


@dataclass(slots=True, eq=False)
class Seat:
    """A session's place in a room: it gets the frames ``after`` < seq <= ``until``.

    Attributes:
        version: of the members by which the seat was given; None until they are read.
        called: the user was heard of as a member since the reading for this seat began.
        told: the version that the session was told of last.
        until: the last seq of a user who was removed.
        held: live frames, while the session does not know the room's head yet; None once live.
        held_status: what came of statuses meanwhile, in one.
        met: the session was told, or is to be told, of the presence of the room's people.
        claimed: what the session has claimed lately; what repeats it is passed over, until
            ``claimed_until_s`` of the monotonic clock.
    """

    session: Session
    version: int | None = None
    called: bool = False
    told: int = 0
    after: int = 0
    until: int | None = None
    held: list[LiveFrame] | None = field(default_factory=list)
    held_status: LiveStatus | None = None
    met: bool = False
    claimed: Claims = NO_CLAIMS
    claimed_until_s: float = 0.0

    def deliver(self, frame: LiveFrame) -> None:
        """Send a frame, hold it, or pass it over."""
        if frame.seq <= self.after or (self.until is not None and frame.seq > self.until):
            return
        if self.held is not None:
            self.held.append(frame)
        elif frame.session != self.session.id:
            self.session.listener.message(frame)

    def tell(self, status: LiveStatus) -> None:
        """Send how far the members are, or hold it."""
        if self.held is None:
            self.session.listener.status(status)
        else:
            before = self.held_status
            self.held_status = status if before is None else before.and_(status)

    def go_live(self, head: int) -> None:
        """Send what was held above ``head``, which the client knows of, and from now on all."""
        held, self.held = self.held or [], None
        self.after = max(self.after, head)
        for frame in held:
            self.deliver(frame)
        status, self.held_status = self.held_status, None
        if status is not None and self.until is None:
            self.session.listener.status(status)
