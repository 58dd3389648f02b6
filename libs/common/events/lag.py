"""Who has not received everything."""

from libs.common.events.event import Event


class MemberLagging(Event, frozen=True, kw_only=True, tag="member.lagging"):
    """A member has not received everything up to the head, of two seconds ago or more.

    Told when they fall behind, and again in each second in which ``delivered_seq`` went up.
    """

    room: str
    user: str
    delivered_seq: int
    head: int


class MemberCaughtUp(Event, frozen=True, kw_only=True, tag="member.caught_up"):
    """A member who was told to lag has received everything."""

    room: str
    user: str
    delivered_seq: int
    head: int


class RoomHead(Event, frozen=True, kw_only=True, tag="room.head"):
    """The head of a room in which somebody lags."""

    room: str
    head: int
