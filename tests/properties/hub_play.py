"""A play of random deeds around a real ``Hub``: its database is slow and fails, its news are bad.

Members come and go, messages are written, sockets open and close, and news come late, twice or not
at all. It runs in the time of ``QuickLoop``; the dice decide everything else.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from structlog.testing import capture_logs

from libs.common.errors import Unavailable
from services.chat.frames.server import RoomEntry
from services.chat.hub import Hub, Outbound, SafetyNet, Session
from services.chat.hub.safety_net import EVERY_S
from services.chat.selectors.room_state import MemberSpan
from tests.properties.hub_witness import Stay, Witness, story_of
from tests.properties.slow_database import Dice, SlowDatabase
from tests.unit.chat.hub.fake_database import span
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.unit.chat.hub.test_hub import House
from tests.unit.chat.hub.test_seating import news_of

ROOMS = ("hall", "kitchen", "garden")
USERS = ("ann", "bob", "cat")
MOST_VISITORS = (1, 3, 7)
"""Sockets that are open at a time: one that is alone in its rooms, or several of each user."""
ROUNDS = 6
"""Comparisons of the safety net within which everybody must know everything."""
LAST_DEEDS = 5
REST_S = 1.0
"""Longer than any pause of the hub, or of the news."""


@dataclass(eq=False)
class Visitor:
    """A socket.

    Attributes:
        welcome: its rooms; None until it is sent.
        early: how many frames came before ``welcome``.
    """

    session: Session
    wire: FakeWire
    welcome: list[RoomEntry] | None = None
    early: int = 0
    coming: "asyncio.Task[None] | None" = None
    gone: bool = False


@dataclass
class Past:
    """What happened in one room."""

    stays: dict[str, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    spans: dict[str, dict[int, MemberSpan]] = field(default_factory=lambda: defaultdict(dict))


class Play(House):
    """One play. ``perform`` once, in an event loop of its own."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.dice = Dice(seed)
        self.slow = SlowDatabase(self.dice)
        self.database = self.slow
        self.hub = Hub(database=cast(Any, self.slow))
        self.net = SafetyNet(hub=self.hub, database=cast(Any, self.slow), silent_for_s=lambda: 0.0)
        self.past = {room: Past() for room in ROOMS}
        # Where news of rooms are lost the safety net looks for new ones, and would hide other faults.
        self.loses = self.dice.choice((0.0, 0.0, 0.05))
        self.most_visitors = self.dice.choice(MOST_VISITORS)
        self.repeats = self.dice.choice((0.0, 0.2))
        self._deeds = (self.write, self.change, self.waver, self.come, self.go, self.compare)
        self.visitors: list[Visitor] = []
        self.tasks: list[asyncio.Task[None]] = []
        for room in ROOMS:
            members = [user for user in USERS if self.dice.chance(0.6)]
            self.database.add_room(room, *members)
            for user in members:
                self.past[room].stays[user].append(Stay(0))
            self._keep(room)

    async def perform(self, acts: Sequence[int]) -> list[str]:
        """Play acts of so many deeds, then let all leave; return all that went wrong.

        It comes to rest behind each act: a later change would mend what an earlier one broke.
        """
        problems: list[str] = []
        with capture_logs() as logs:
            for deeds in acts:
                self.slow.fails = self.dice.choice((0.0, 0.0, 0.1))
                await self._act(deeds)
                self.slow.fails = 0.0
                problems = [*await self._come_to_rest(), *self._wrong()]
                if problems:
                    break
            problems += await self._all_leave()
        return problems + [str(log) for log in logs if log["log_level"] in {"error", "critical"}]

    async def _act(self, deeds: int) -> None:
        for _ in range(deeds):
            [deed] = self.dice.choices(self._deeds, (8, 6, 4, 6, 4, 1))
            deed()
            await self.dice.pause(0, 0, 1, 2, 6, 15)

    # Deeds ----------------------------------------------------------------------------------

    def write(self) -> None:
        event = self.commit(self.dice.choice(ROOMS), self.dice.choice((1, 1, 2)))
        if not self.dice.chance(0.05):
            self._tell(lambda: self.hub.on_messages(event))

    def change(self) -> None:
        """Change a room and, as the case may be, let some people join it or leave it."""
        self._change(self.dice.choice(ROOMS), self.dice.sample(USERS, self.dice.choice((0, 1, 2))))

    def waver(self) -> None:
        """Let somebody leave or join, and at once do the opposite."""
        room, user = self.dice.choice(ROOMS), self.dice.choice(USERS)

        async def waver() -> None:
            for _ in range(self.dice.choice((2, 2, 3))):
                self._change(room, [user])
                await self.dice.pause(0, 1, 3, 8, 15)

        self._begin(waver())

    def come(self) -> None:
        if sum(not each.gone for each in self.visitors) < self.most_visitors:
            wire, user = FakeWire(), self.dice.choice(USERS)
            name = f"{user} at {len(self.visitors)}"
            visitor = Visitor(Session(name, user, "sid", Outbound(wire)), wire)
            visitor.coming = self._begin(self._come(visitor))
            self.visitors.append(visitor)

    def go(self) -> None:
        here = [each for each in self.visitors if not each.gone]
        if here:
            visitor = self.dice.choice(here)
            visitor.gone = True
            self._begin(self._go(visitor))

    def compare(self) -> None:
        self._begin(self._compare())

    # How they are done ----------------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        self.tasks.append(asyncio.create_task(work))
        return self.tasks[-1]

    def _change(self, room: str, users: Sequence[str]) -> None:
        for user in users:
            self._move(room, user)
        self.database.versions[room] += 1
        self._keep(room)
        event = news_of(self, room)
        if self.dice.chance(self.loses):
            self.net.doubt()  # as whoever loses them does
        else:
            self._tell(lambda: self.hub.on_room(event))

    def _move(self, room: str, user: str) -> None:
        stays, head = self.past[room].stays[user], self.database.heads[room]
        if stays and stays[-1].left is None:
            stays[-1].left = head
        else:
            stays.append(Stay(head))
        self.database.spans[room][user] = span(
            user, joined_seq=stays[-1].joined, left_seq=stays[-1].left
        )

    def _keep(self, room: str) -> None:
        for user, its in self.database.spans[room].items():
            self.past[room].spans[user][self.database.versions[room]] = its

    def _tell(self, deed: Callable[[], None]) -> None:
        async def tell() -> None:
            await self.dice.pause(0, 0, 1, 3, 8, 20)
            deed()
            if self.dice.chance(self.repeats):
                await self.dice.pause(1, 10, 40, 200)
                deed()

        self._begin(tell())

    async def _come(self, visitor: Visitor) -> None:
        """Open a session as the socket's consumer does."""
        try:
            rooms = await self.hub.open(visitor.session)
            await self.dice.pause(0, 1, 5)
        except (Unavailable, asyncio.CancelledError):
            visitor.gone = True
            self.hub.leave(visitor.session)
            return
        visitor.welcome, visitor.early = rooms, len(visitor.wire.written)
        self.hub.go_live(visitor.session)

    async def _go(self, visitor: Visitor) -> None:
        assert visitor.coming is not None
        if not visitor.coming.done():
            visitor.coming.cancel()
            return
        if self.dice.chance(0.3):
            cast(Outbound, visitor.session.listener).abandon()
            await self.dice.pause(0, 2, 10)
        self.hub.leave(visitor.session)

    async def _compare(self) -> None:
        with contextlib.suppress(Unavailable):
            await self.net.compare()

    # The end --------------------------------------------------------------------------------

    async def _come_to_rest(self) -> list[str]:
        while self.tasks:  # those who waver begin others
            tasks, self.tasks = self.tasks, []
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception):
                    raise ended
        problems: list[str] = []
        for _ in range(ROUNDS):
            await self.net.compare()
            await asyncio.sleep(EVERY_S)
            problems = list(self._unsettled())
            if not problems:
                break
        return problems

    def _unsettled(self) -> Iterator[str]:
        """Yield what only time may mend."""
        for local in self.hub._rooms.values():
            if local.busy:
                yield f"{local.id} is busy"
            if local.portrait is not None:
                yield f"{local.id} keeps a portrait that everybody has seen"
        for visitor, room, witness, _ in self._heard():
            if not visitor.gone:
                version, last_seq = self.database.versions[room], self.database.heads[room]
                for problem in witness.at_rest(version=version, last_seq=last_seq):
                    yield f"{visitor.session.id}, {room}: {problem}"

    def _wrong(self) -> Iterator[str]:
        """Yield what must not be at any time."""
        for visitor in self.visitors:
            if visitor.early or (visitor.welcome is None and visitor.wire.written):
                yield f"{visitor.session.id}: told something before welcome"
        for visitor, room, witness, problems in self._heard():
            for problem in problems:
                yield f"{visitor.session.id}, {room}: {problem}; stays {witness.stays}"

    def _heard(self) -> Iterator[tuple[Visitor, str, Witness, list[str]]]:
        """Yield what each socket was told of each room, and what is wrong with it."""
        for visitor in self.visitors:
            for room, past in self.past.items():
                user = visitor.session.user
                witness = Witness(past.stays[user], past.spans[user])
                story = story_of(room, visitor.welcome or [], visitor.wire.written)
                yield visitor, room, witness, list(witness.follow(story))

    async def _all_leave(self) -> list[str]:
        """Leave in the midst of things; return what is left behind."""
        rooms = list(self.hub._rooms.values())
        for _ in range(LAST_DEEDS):
            self.write()
            self.change()
            await self.dice.pause(1, 10, 30)
        for visitor in self.visitors:
            self.hub.leave(visitor.session)
        timers = [timer for room in rooms for timer in (room.hole_timer, room.tell_timer)]
        ringing = [timer for timer in timers if timer is not None and not timer.cancelled()]
        await asyncio.sleep(REST_S)
        left = {
            "rooms": list(self.hub._rooms),
            "sessions": self.hub.all_sessions(),
            "users": self.hub.users(),
            "tasks": asyncio.all_tasks() - {asyncio.current_task()},
            "timers": ringing,
        }
        return [f"{what} left behind: {found}" for what, found in left.items() if found]
