"""An open WebSocket as the hub knows it, and its seats in rooms."""

import asyncio
from dataclasses import dataclass, field

from services.chat.domain.ordering import LiveFrame
from services.chat.hub.outbound import Outbound


@dataclass(slots=True, eq=False)
class Session:
    """One open WebSocket of a user.

    Attributes:
        sid: the sign-in that it belongs to.
        opened: set when ``welcome`` has gone out and the session is live.
    """

    id: str
    user: str
    sid: str
    outbound: Outbound
    seats: "dict[str, Seat]" = field(default_factory=dict)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class Seat:
    """A session's place in a room: it gets the frames ``after`` < seq <= ``until``.

    ``held`` keeps live frames while the session does not know the room's head yet; None when the
    seat is live. ``until`` is the last seq of a user who was removed. ``version`` is that of the
    members by which the seat was given; None until they are read.
    """

    session: Session
    version: int | None = None
    after: int = 0
    until: int | None = None
    held: list[LiveFrame] | None = field(default_factory=list)

    def deliver(self, frame: LiveFrame) -> None:
        """Send a frame, hold it, or pass it over."""
        if frame.seq <= self.after or (self.until is not None and frame.seq > self.until):
            return
        if self.held is not None:
            self.held.append(frame)
        elif frame.session != self.session.id:
            self.session.outbound.send(frame.text)

    def go_live(self, head: int) -> None:
        """Send what was held above ``head``, which the client knows of, and from now on all."""
        held, self.held = self.held or [], None
        self.after = max(self.after, head)
        for frame in held:
            self.deliver(frame)
