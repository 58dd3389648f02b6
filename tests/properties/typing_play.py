"""Typists in one room, in two chat processes and on virtual time, with the stream between them.

The stream is a road of its own: what is told on it arrives after a while, at every process, in
order. A process may be killed: then its part stops, and tells nothing of that.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from libs.common.events import TypingChanged, TypingNews
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.session import Seat, Session
from services.chat.hub.typing import TypingIndicatorManager
from tests.properties.quick_time import LoopClock

ROOM = "room"
MOST_MEMBERS = 100


@dataclass
class Sight:
    """The ``Listener`` of somebody: when they were shown whom.

    Attributes:
        is_slow: takes nothing for now.
    """

    closed: bool = False
    is_slow: bool = False
    seen: list[tuple[float, list[str]]] = field(default_factory=list)

    def offer(self, text: str) -> bool:
        if self.is_slow:
            return False
        frame = msgspec.json.decode(text)
        assert (frame["type"], frame["room"]) == ("typing", ROOM)
        self.seen.append((asyncio.get_running_loop().time(), frame["users"]))
        return True

    @property
    def now(self) -> list[str]:
        """Who is shown to type now."""
        return self.seen[-1][1] if self.seen else []


class Process:
    """One chat process: the sessions that sit in the room, and its manager."""

    def __init__(self, stream: "Stream", people: list[str]) -> None:
        self.room = LocalRoom(ROOM)
        self.room.member_count = len(people)
        self.sights: dict[str, Sight] = {}
        self.sessions: dict[str, Session] = {}
        self.is_dead = False
        self.manager = TypingIndicatorManager(
            room_of=lambda _: self.room,
            teller=stream,
            clock=LoopClock(),
            most_members=MOST_MEMBERS,
        )
        for person in people:
            sight = self.sights[person] = Sight()
            session = Session(f"of {person}", person, "sid", cast(Any, sight))
            self.sessions[person] = session
            seat = Seat(session, version=1, held=None)
            self.room.seats[session.id] = session.seats[ROOM] = seat
        self._task = asyncio.create_task(self.manager.run())

    def press(self, person: str) -> None:
        self.manager.start_typing(self.sessions[person], ROOM)

    def hear(self, event: TypingChanged) -> None:
        if not self.is_dead:
            self.manager.hear(event)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def kill(self) -> None:
        """End it at once; nobody is told."""
        self.is_dead = True
        await self.stop()


class Stream:
    """What the processes tell each other, ``late_s`` after it was told."""

    def __init__(self, late_s: float) -> None:
        self.late_s = late_s
        self.processes: list[Process] = []
        self.told: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)

    def tell(self, news: Sequence[TypingNews]) -> None:
        loop = asyncio.get_running_loop()
        for each in news:
            self.told[each.user].append((loop.time(), each.is_typing))
        event = TypingChanged(news=list(news))
        loop.call_later(self.late_s, self._arrive, event)

    def _arrive(self, event: TypingChanged) -> None:
        for process in self.processes:
            process.hear(event)
