"""What may go now, and over which road: order, pace, and how much at once.

Over the WebSocket the messages of a room follow each other without waiting for answers; over HTTP
one of a room is asked for at a time. Nothing goes over a road to chat before what is only queued.
"""

import itertools
from dataclasses import dataclass, field

from .commands import Command
from .errors import ParleyError, RateLimited
from .pace import Pace
from .pending import Pending, Request, Road
from .places import Places

ANSWER_WITHIN_S = 5.0
"""A try without an answer for so long was in vain; its outcome is unknown."""

RETURN_WITHIN_S = 3.0
"""How long a lost connection is waited for before HTTP is tried: its first try to come back is made
within 2 s, and may take one."""

MOST_REQUESTS = 4
"""Rooms whose messages are tried over HTTP at the same time; of each room one message."""


@dataclass(slots=True)
class Due:
    """What to send now: frames, in order, and requests."""

    frames: list[Command] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)


class Traffic:
    """See the module.

    Args:
        places: where the messages stand; those that go are moved.
        pace: how fast to send to chat.

    Attributes:
        lost_at: when the connection was lost, in monotonic seconds.
    """

    def __init__(self, places: Places, pace: Pace) -> None:
        self._at = places
        self._pace = pace
        self._requests: dict[str, Request] = {}
        self.lost_at = float("-inf")

    def due(self, now: float, *, online: bool) -> Due:
        """Return what to send now; it counts as sent."""
        due = Due()
        blocked = {one.draft.room for one in self._at.asked.values()}
        behind = {one.draft.room for one in self._at.resting.values()}
        for pending in list(self._at.waiting.values()):
            room = pending.draft.room
            if room in blocked:
                continue
            if pending.due > now:
                blocked.add(room)
                continue
            if room in behind and pending.is_queued:
                self._at.put(pending, self._at.resting)
                continue
            road = Road.QUEUE if room in behind else self._road(pending, now, online=online)
            if road is Road.SOCKET and online:
                if not self._pace.spend(now):
                    break
                self._fly(pending, now)
                due.frames.append(pending.frame())
                pending.frames += 1
                continue
            blocked.add(room)
            if road is not Road.SOCKET and self._may_ask(pending, road, now):
                due.requests.append(self._ask(pending, road))
        return due

    def silent(self, now: float) -> list[Pending]:
        """Return those that had no answer over the WebSocket for too long."""
        oldest = itertools.takewhile(lambda one: one.due <= now, self._at.in_flight.values())
        return list(oldest)

    def answered(self, request: Request) -> None:
        """Note that a request is over: its room may be asked for again."""
        self._requests.pop(request.draft.room, None)

    def heed(self, error: ParleyError, now: float) -> None:
        """Slow down where the server asked for that."""
        if isinstance(error, RateLimited):
            self._pace.pause(until=now + (error.retry_after_s or 0.0))

    def _road(self, pending: Pending, now: float, *, online: bool) -> Road:
        """Return the road of a try; the WebSocket while offline means: wait for it a little."""
        if pending.road is not Road.SOCKET:
            return pending.road
        may_wait = online or now < self.lost_at + RETURN_WITHIN_S
        return Road.SOCKET if pending.by_socket and may_wait else Road.HTTP

    def _fly(self, pending: Pending, now: float) -> None:
        pending.road, pending.due = Road.SOCKET, now + ANSWER_WITHIN_S
        pending.sends += 1
        self._at.put(pending, self._at.in_flight)

    def _may_ask(self, pending: Pending, road: Road, now: float) -> bool:
        room = pending.draft.room
        if room in self._requests or len(self._requests) >= MOST_REQUESTS:
            return False
        flying = (one.number for one in self._at.in_flight.values() if one.draft.room == room)
        if any(number < pending.number for number in flying):
            return False
        return road is Road.QUEUE or self._pace.spend(now)

    def _ask(self, pending: Pending, road: Road) -> Request:
        pending.road = road
        pending.sends += 1
        pending.was_offered |= road is Road.QUEUE
        self._at.put(pending, self._at.asked)
        request = Request(pending.ref, road, pending.draft)
        self._requests[pending.draft.room] = request
        return request
