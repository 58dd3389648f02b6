"""Whatever the order of readings and news, each socket ends up knowing how far the others are.

A play around the real hub, pusher and safety net in the time of ``QuickLoop``: members read (some
privately), the stream tells it late, twice, or in the end not at all, chat's rows follow in their own time, sessions
open and close, members leave and come back, and the database is slow and fails.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
from collections import defaultdict
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from structlog.testing import capture_logs

from libs.common.clock import ManualClock, to_wire
from libs.common.errors import Unavailable
from libs.common.events import Advance
from services.chat.frames.server import RoomEntry
from services.chat.hub import Hub, Outbound, SafetyNet, Session
from services.chat.hub.status_pusher import StatusPusher
from services.chat.selectors.room_state import MemberSpan
from tests.company import SittingDown
from tests.properties.quick_time import QuickLoop
from tests.properties.slow_database import Dice
from tests.properties.slow_rows import ROOM, Rows
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.unit.chat.hub.test_seating import news_of

SCHEDULES = 300
SIZES = (2, 4, 80)
"""A direct room, a small one, and one in which not everybody is told who advanced."""
AUTHOR = "user 0"
HEAD = 1000
REST_S = 6.0
"""Some comparisons of the safety net, and some seconds for a large room."""


class Visitor:
    """A socket, and what its client makes of all it is told: the greatest of each watermark."""

    def __init__(self, name: str, user: str) -> None:
        self.wire = FakeWire()
        self.session = Session(name, user, "sid", Outbound(self.wire))
        self.welcome: list[RoomEntry] = []
        self.claimed = (0, 0)
        self.coming: asyncio.Task[None] | None = None

    def claims(self, advance: Advance) -> None:
        """Remember what the session itself has reported."""
        self.claimed = (
            max(self.claimed[0], advance.delivered_seq),
            max(self.claimed[1], advance.read_seq),
        )

    def statuses(self) -> list[dict[str, Any]]:
        frames = [msgspec.json.decode(text) for text in self.wire.written]
        return [frame for frame in frames if frame["type"] == "status"]

    def knows(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return up to where it knows all others to be, and up to where it knows itself to be."""
        entries = [msgspec.to_builtins(entry) for entry in self.welcome]
        frames = entries + [msgspec.json.decode(text) for text in self.wire.written]
        others, own = (0, 0), self.claimed
        for frame in frames:
            for mark in [frame, *frame.get("members", ())]:
                is_own = mark is frame or (isinstance(mark, dict) and mark["user"] == self.user)
                if isinstance(mark, dict) and is_own and "read_seq" in mark:
                    own = (max(own[0], mark["delivered_seq"]), max(own[1], mark["read_seq"]))
            listed = [mark for mark in frame.get("lowest", ()) if mark["user"] != self.user]
            if listed:
                others = (
                    max(others[0], min(mark["delivered_seq"] for mark in listed)),
                    max(others[1], min(mark["read_seq"] for mark in listed)),
                )
        return others, own

    @property
    def user(self) -> str:
        return self.session.user


class Play:
    """One play. ``perform`` once, in an event loop of its own."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.rows = Rows(self.dice)
        self.size = self.dice.choice(SIZES)
        self.rows.is_direct = self.size == 2
        self.users = [f"user {number}" for number in range(self.size)]
        self.rows.add_room(ROOM, *self.users, head=HEAD)
        self.private = set(self.dice.sample(self.users, self.dice.choice((0, 1, self.size // 2))))
        self.true: dict[str, MemberSpan] = dict(self.rows.spans[ROOM])
        self.is_deaf = False
        self.hidden: set[str] = set()
        """When somebody read more, which nobody else is to learn."""
        self.count = itertools.count(1)
        self.hub = Hub(database=cast(Any, self.rows))
        self.pusher = StatusPusher(
            room_of=self.hub.local_room, database=cast(Any, self.rows), clock=ManualClock()
        )
        self.hub.company = SittingDown(self.pusher)
        self.net = SafetyNet(
            hub=self.hub,
            database=cast(Any, self.rows),
            silent_for_s=lambda: 0.0,
            on_heads=lambda heads: self.pusher.compare(heads, is_silent=False),
        )
        self.visitors: list[Visitor] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def perform(self, deeds: int) -> list[str]:
        forever = [asyncio.create_task(work) for work in (self.pusher.run(), self.net.run())]
        with capture_logs() as logs:
            await self._act(deeds)
            if self.dice.chance(0.3):
                self.is_deaf = True
                await self._act(deeds)
        for task in forever:
            task.cancel()
        await asyncio.gather(*forever, return_exceptions=True)
        bugs = [str(log) for log in logs if log["log_level"] in {"error", "critical"}]
        return [*bugs, *self.wrong()]

    async def _act(self, deeds: int) -> None:
        """Do some deeds, and come to rest behind them."""
        self.rows.fails = self.dice.choice((0.0, 0.1))
        for _ in range(deeds):
            [deed] = self.dice.choices((self.read, self.come, self.go, self.change), (8, 3, 1, 1))
            deed()
            await self.dice.pause(0, 0, 1, 5, 30, 200)
        self.rows.fails = 0.0
        tasks, self.tasks = self.tasks, []
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
        await asyncio.sleep(REST_S)

    # Deeds ----------------------------------------------------------------------------------

    def read(self) -> None:
        """Let somebody receive and read more, and the world hear of it in its own time."""
        user = self.dice.choice([user for user, its in self.true.items() if its.left_seq is None])
        before = self.true[user]
        delivered = min(before.delivered_seq + self.dice.choice((0, 1, 5)), HEAD)
        read = min(before.read_seq + self.dice.choice((0, 1, 5)), delivered)
        shown = before.shown_read_seq if user in self.private else read
        self.true[user] = msgspec.structs.replace(
            before, delivered_seq=delivered, read_seq=read, shown_read_seq=shown
        )
        own = [each for each in self.visitors if each.user == user]
        reporter = self.dice.choice([*own, None])
        advance = Advance(
            room=ROOM,
            user=user,
            delivered_seq=delivered,
            read_seq=read,
            shown_read_seq=shown,
            at_ms=next(self.count),
            session=None if reporter is None else reporter.session.id,
            is_hidden=(delivered, shown) == (before.delivered_seq, before.shown_read_seq),
        )
        if advance.is_hidden:
            self.hidden.add(to_wire(dt.datetime.fromtimestamp(advance.at_ms / 1000, dt.UTC)))
        if reporter is not None:
            reporter.claims(advance)
        self._begin(self._fold(advance))
        if not self.is_deaf:
            self._begin(self._tell(advance))

    def come(self) -> None:
        present = [user for user, its in self.true.items() if its.left_seq is None]
        visitor = Visitor(f"session {next(self.count)}", self.dice.choice(present))
        visitor.coming = self._begin(self._come(visitor))
        self.visitors.append(visitor)

    def go(self) -> None:
        if self.visitors:
            visitor = self.visitors.pop(self.dice.randrange(len(self.visitors)))
            assert visitor.coming is not None
            if not visitor.coming.cancel():
                self.hub.leave(visitor.session)

    def change(self) -> None:
        """Remove somebody, or let them back; not the last two of a direct room."""
        user = self.dice.choice(self.users[1:])
        if self.rows.is_direct:
            return
        rows = self.rows.spans[ROOM]
        is_out = rows[user].left_seq is not None
        rows[user] = msgspec.structs.replace(
            self.true[user],
            left_seq=None if is_out else HEAD,
            joined_seq=HEAD if is_out else 0,
            delivered_seq=HEAD if is_out else self.true[user].delivered_seq,
            read_seq=HEAD if is_out else self.true[user].read_seq,
            shown_read_seq=HEAD if is_out else self.true[user].shown_read_seq,
        )
        self.true[user] = rows[user]
        self.rows.versions[ROOM] += 1
        self.hub.on_room(news_of(self, ROOM))

    @property
    def database(self) -> Rows:
        return self.rows

    # How they are done ----------------------------------------------------------------------

    def _begin(self, work: Any) -> "asyncio.Task[None]":
        self.tasks.append(asyncio.create_task(work))
        return self.tasks[-1]

    async def _fold(self, advance: Advance) -> None:
        await self.dice.pause(0, 1, 10, 100, 1500)
        self.rows.fold(advance)

    async def _tell(self, advance: Advance) -> None:
        await self.dice.pause(0, 0, 1, 10, 100)
        self.pusher.hear([advance])
        if self.dice.chance(0.2):
            await self.dice.pause(1, 100)
            self.pusher.hear([advance])

    async def _come(self, visitor: Visitor) -> None:
        try:
            rooms = await self.hub.open(visitor.session)
            await self.dice.pause(0, 1, 5, 100)
        except (Unavailable, asyncio.CancelledError):
            self.hub.leave(visitor.session)
            with contextlib.suppress(ValueError):
                self.visitors.remove(visitor)
            return
        visitor.welcome = rooms
        self.hub.go_live(visitor.session)

    # The end --------------------------------------------------------------------------------

    def wrong(self) -> list[str]:
        """Return what somebody does not know, or should not."""
        present = {user: its for user, its in self.true.items() if its.left_seq is None}
        problems = []
        for visitor in self.visitors:
            its = present.get(visitor.user)
            if its is None:
                continue
            others, own = visitor.knows()
            rest = [each for each in present.values() if each is not its]
            true = (
                min((each.delivered_seq for each in rest), default=0),
                min((each.shown_read_seq for each in rest), default=0),
            )
            if rest and (others[0] < true[0] or others[1] < true[1]):
                problems.append(f"{visitor.session.id} knows {others} of {true}")
            if own[0] < its.delivered_seq or own[1] < its.read_seq:
                problems.append(f"{visitor.session.id} knows {own} of itself: {its}")
            problems += self._told_too_much(visitor)
        return problems

    def _told_too_much(self, visitor: Visitor) -> list[str]:
        """Return what nobody may be shown: private reading, and watermarks that go back."""
        problems: list[str] = []
        last: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for frame in visitor.statuses():
            for mark in frame.get("members", ()):
                user, now = mark["user"], (mark["delivered_seq"], mark["read_seq"])
                true = self.true[user]
                if user != visitor.user and now[1] > max(true.shown_read_seq, true.joined_seq):
                    problems.append(f"{visitor.session.id} sees that {user} read {now[1]}")
                if user != visitor.user and mark["at"] in self.hidden:
                    problems.append(f"{visitor.session.id} sees when {user} read")
                if now[0] < last[user][0] or now[1] < last[user][1]:
                    problems.append(f"{user} goes back from {last[user]} to {now}")
                last[user] = now
            if self.size > 32 and {mark["user"] for mark in frame.get("members", ())} - {
                visitor.user
            }:
                problems.append("others are named in a large room")
        return problems


@pytest.mark.timeout(180)
@settings(max_examples=SCHEDULES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), deeds=st.integers(1, 40))
def test_everybody_learns_how_far_the_others_are_and_nothing_goes_back(seed, deeds):
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        problems = runner.run(Play(seed).perform(deeds))

    assert problems == []
