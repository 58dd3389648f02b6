"""The safe point never passes a change that a group might still have to be told of.

A small world in memory: changes get their time when their transaction begins, are committed later,
published later still (perhaps into a Redis that is wiped a moment after), read and acknowledged by
two groups, or trimmed away before they are read, upon which a group asks for a repair. All of that
also happens *between* any two questions that the mover asks.
"""

import asyncio
import datetime as dt
import itertools
from dataclasses import dataclass, field

from hypothesis import given, settings, strategies as st
from redis.exceptions import ResponseError

from libs.common.clock import ManualClock
from libs.common.streams.entries import StreamId
from libs.common.streams.safe_point import MARGIN, MILESTONE_EVERY_S, SafePointMover

GROUPS = ("queue", "receipts")
KEYS = {"chat.rooms:{0}": frozenset(GROUPS)}
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(eq=False)
class Change:
    at: dt.datetime
    committed: bool = False
    in_outbox: bool = True
    known_to: set[str] = field(default_factory=set)


@dataclass
class Group:
    read: int = 0
    acked: int = 0


class SmallWorld:
    """PostgreSQL, Redis, the groups, and whoever publishes; one step at a time."""

    def __init__(self, steps):
        self.steps = iter(steps)
        self.now = START
        self.safe = START
        self.changes = []
        self.lives = itertools.count(1)
        self.wipe()
        self.repair()

    def step(self):
        getattr(self, next(self.steps, "nothing"))()

    def nothing(self):
        pass

    def later(self):
        self.now += dt.timedelta(seconds=1)

    def begin(self):
        self.later()
        self.changes.append(Change(at=self.now))

    def commit(self):
        for change in self.changes:
            if not change.committed:
                change.committed = True
                return

    def commit_newest(self):
        if self.changes:
            self.changes[-1].committed = True

    def publish(self):
        for change in self.changes:
            if change.committed and change.in_outbox:
                self.stream.append([change])
                change.in_outbox = False
                return

    def wipe(self):
        self.life = None
        self.stream = []
        self.groups = {name: Group() for name in GROUPS}
        self.cut_off = set()
        self.asked = False

    def repair(self):
        if self.life is None or self.asked:
            self.stream.append([c for c in self.changes if c.committed and c.at >= self.safe])
            self.life = f"life {next(self.lives)}"
            self.asked = False

    def trim(self):
        for name, group in self.groups.items():
            if group.read < len(self.stream):
                group.read = group.acked = len(self.stream)
                self.cut_off.add(name)
                return

    def ask(self):
        if self.cut_off:
            self.cut_off.clear()
            self.asked = True

    def read(self):
        for group in self.groups.values():
            group.read = len(self.stream)

    def acknowledge(self):
        for name, group in self.groups.items():
            if group.acked < group.read:
                for change in self.stream[group.acked]:
                    change.known_to.add(name)
                group.acked += 1
                return

    # What the mover asks ----------------------------------------------------------------------

    async def healthy_life(self):
        self.step()
        return None if self.asked else self.life

    async def told_before(self):
        self.step()
        open_since = [c.at for c in self.changes if not c.committed]
        waiting_since = [c.at for c in self.changes if c.committed and c.in_outbox]
        return min([self.now, *open_since, *waiting_since])

    async def reach(self, instant):
        self.step()
        self.safe = max(self.safe, instant + MARGIN)  # judged without its margin
        missed = [c for c in self.changes if c.at < self.safe and c.known_to != set(GROUPS)]
        assert not missed
        return self.safe

    async def xinfo_stream(self, key):
        self.step()
        if not self.stream:
            raise ResponseError("no such key")
        return {"last-generated-id": f"{len(self.stream)}-0".encode()}

    async def xinfo_groups(self, key):
        self.step()
        if not self.stream:
            raise ResponseError("no such key")
        self.seen = {name: (group.read, group.acked) for name, group in self.groups.items()}
        return [
            {"name": name.encode(), "last-delivered-id": f"{read}-0".encode()}
            for name, (read, _) in self.seen.items()
        ]

    async def xpending(self, key, name):
        self.step()
        group = self.groups[name]
        waits = group.acked < group.read
        return {"min": str(StreamId(group.acked + 1)).encode() if waits else None}

    async def xrange(self, key, **_):
        return []

    async def hkeys(self, key):
        self.step()
        return [name.encode() for name in self.cut_off]

    def pipeline(self, *, transaction):
        assert not transaction
        return Pipeline(self)


class Pipeline:
    """Asks the world one question after the other: things happen in between."""

    def __init__(self, world):
        self.world = world
        self.replies = []

    def xpending(self, key, name):
        self.replies.append(self.world.xpending(key, name))

    def xrange(self, key, **span):
        self.replies.append(self.world.xrange(key, **span))

    async def execute(self):
        return [await reply for reply in self.replies]


STEPS = st.sampled_from(
    ["later", "begin", "begin", "commit", "commit_newest", "publish", "publish", "read"]
    + ["acknowledge"] * 3
    + ["wipe", "repair", "repair", "trim", "ask", "nothing"]
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(STEPS, max_size=60), st.lists(STEPS, max_size=60))
def test_the_safe_point_never_passes_what_a_group_does_not_know(between_moves, within_moves):
    async def go():
        world = SmallWorld(within_moves)
        clock = ManualClock()
        mover = mover_of(world, clock)
        for name in between_moves:
            getattr(world, name)()
            clock.advance(MILESTONE_EVERY_S)
            await mover.move()

    asyncio.run(go())


def mover_of(world, clock):
    return SafePointMover(
        redis=world,
        groups=KEYS,
        clock=clock,
        healthy_life=world.healthy_life,
        told_before=world.told_before,
        reach=world.reach,
    )


def tell_all(world):
    world.begin()
    world.commit_newest()
    world.publish()
    world.later()


def acknowledge_all(world):
    world.read()
    for _ in range(len(GROUPS) * len(world.stream)):
        world.acknowledge()


def test_it_follows_once_all_groups_have_acknowledged():
    async def go():
        world = SmallWorld([])
        mover = mover_of(world, ManualClock())
        tell_all(world)
        await mover.move()
        before = world.safe
        acknowledge_all(world)
        await mover.move()
        return before, world

    before, world = asyncio.run(go())

    assert before == START
    assert world.safe == world.now


def test_a_mark_whose_epoch_has_ended_does_not_hold_it_up():
    async def go():
        world, clock = SmallWorld([]), ManualClock()
        mover = mover_of(world, clock)
        for _ in range(3):
            tell_all(world)
        await mover.move()
        world.wipe()
        world.repair()
        acknowledge_all(world)
        clock.advance(MILESTONE_EVERY_S)
        await mover.move()
        return world

    world = asyncio.run(go())

    assert world.safe == world.now


def test_it_waits_while_a_group_lost_something_and_while_that_is_told_again():
    async def go():
        world, clock = SmallWorld([]), ManualClock()
        mover = mover_of(world, clock)
        acknowledge_all(world)
        tell_all(world)
        await mover.move()
        for _ in GROUPS:
            world.trim()
        await mover.move()
        # It asks at the very moment in which the mover has looked who lost something.
        world.steps = iter(["nothing"] * 4 + ["ask"])
        await mover.move()
        before = world.safe
        world.repair()
        acknowledge_all(world)
        clock.advance(MILESTONE_EVERY_S)
        await mover.move()
        return before, world

    before, world = asyncio.run(go())

    assert before == START
    assert world.safe == world.now
