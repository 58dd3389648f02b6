"""Whatever becomes of what processes announce, in the end what is told is what lives.

A history is made of sessions that open, change and close at some processes. Each announcement may
come late, twice, in another order, or never; Redis may be wiped and processes may die.
"""

import asyncio
import itertools
import random

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from libs.common.events import PresenceChanged, SessionNews
from libs.common.redis_clients import connect_blocking
from libs.common.streams.entries import read_entries, unpack
from services.presence.store import EVENTS_KEY
from services.presence.store.reading import connected
from services.presence.store.sessions import GRACE_MS, LEASE_MS, Known, SessionStore
from tests.valkey_server import Server

EXAMPLES = 150
STEPS = 40
USERS = ("ann", "bob", "eve")
PROCESSES = ("one", "two", "three")
BEAT_MS = 10_000
NOON_MS = 1_800_000_000_000
STATE = st.sampled_from(("active", "away"))


class Process:
    """A chat process: its sessions, and what it counts."""

    def __init__(self, name):
        self.name = name
        self.sessions = {}
        self.numbers = itertools.count(1)

    def news(self, session, user, step):
        return SessionNews(session, user, "chat", step, next(self.numbers))

    def list(self):
        number = next(self.numbers)
        return number, [
            SessionNews(session, user, "chat", state, number)
            for session, (user, state) in self.sessions.items()
        ]


class Histories(RuleBasedStateMachine):
    """Chat processes, what they announced, and a store that hears of it somehow."""

    announced = Bundle("announced")
    url = ""

    def __init__(self):
        super().__init__()
        self.now_ms = NOON_MS
        self.count = itertools.count(1)
        self.sent = []
        self.dice, self.with_lists = random.Random(0), True  # noqa: S311 - to be repeated
        self.processes = {}
        self.told = dict.fromkeys(USERS, "offline")
        self.written = dict.fromkeys(USERS, False)
        self.runner = asyncio.Runner()
        self.redis = connect_blocking(self.url)
        self.store = SessionStore(self.redis)
        self.cursor = "0-0"
        self.run(self.redis.flushall())

    def run(self, work):
        self.store.now_ms = self.now_ms
        return self.runner.run(work if asyncio.iscoroutine(work) else _awaited(work))

    def process(self, name):
        """Return a process of that name, which is another one after it died."""
        if name not in self.processes:
            self.processes[name] = Process(f"{name}/{next(self.count)}")
        return self.processes[name]

    def send(self, kind, process, *what):
        """Announce something; what becomes of it is another matter."""
        told = (kind, process.name, self.now_ms, *what)
        self.sent.append(told)
        return told

    # -- what happens -----------------------------------------------------------------------------

    @rule(target=announced, name=st.sampled_from(PROCESSES), user=st.sampled_from(USERS))
    def open(self, name, user):
        process, session = self.process(name), f"session {next(self.count)}"
        process.sessions[session] = (user, "active")
        return self.send("news", process, [process.news(session, user, "opened")])

    @rule(target=announced, name=st.sampled_from(PROCESSES), state=STATE, dice=st.randoms())
    def change(self, name, state, dice):
        process = self.process(name)
        if not process.sessions:
            return multiple()
        session = dice.choice(sorted(process.sessions))
        user, _ = process.sessions[session]
        process.sessions[session] = (user, state)
        return self.send("news", process, [process.news(session, user, state)])

    @rule(target=announced, name=st.sampled_from(PROCESSES), dice=st.randoms())
    def close(self, name, dice):
        process = self.process(name)
        if not process.sessions:
            return multiple()
        session = dice.choice(sorted(process.sessions))
        user, _ = process.sessions.pop(session)
        return self.send("news", process, [process.news(session, user, "closed")])

    @rule(target=announced, name=st.sampled_from(PROCESSES))
    def list_all(self, name):
        process = self.process(name)
        return self.send("list", process, *process.list())

    @rule(target=announced, name=st.sampled_from(PROCESSES), orderly=st.booleans())
    def die(self, name, orderly):
        process = self.processes.pop(name, None)
        if process is None or not orderly:
            return multiple()
        return self.send("ended", process)

    # -- what becomes of it -----------------------------------------------------------------------

    @rule(some=st.lists(announced, max_size=4))
    def hear(self, some):
        """Some of it arrives: in any order, and it may again."""
        self.run(self.store.take(some))

    @rule(_=consumes(announced))
    def lose(self, _):
        """Some of it never does."""

    @rule(passed_ms=st.integers(1, 20_000))
    def wait(self, passed_ms):
        self.now_ms += passed_ms
        self.run(self.store.settle(silence_counts=False))
        self.look()

    @precondition(lambda self: self.now_ms > NOON_MS)
    @rule()
    def wipe(self):
        self.run(self.redis.flushall())
        self.cursor = "0-0"

    @rule()
    def write(self):
        found = self.run(connected(self.redis, USERS))
        self.written = {user: each.is_told for user, each in zip(USERS, found, strict=True)}

    # -- what is told -----------------------------------------------------------------------------

    def look(self):
        """Read what chat is told, in its order."""
        reply = self.run(self.redis.xrange(EVENTS_KEY, min=f"({self.cursor}"))
        for entry in map(unpack, read_entries(reply)):
            self.cursor = str(entry.id)
            for event in entry.events:
                assert isinstance(event, PresenceChanged)
                self.told.update((person.user, person.status) for person in event.people)

    @property
    def implied(self):
        """Return how everybody is, by the sessions that live."""
        living = [each for process in self.processes.values() for each in process.sessions.values()]
        return {
            user: "online"
            if (user, "active") in living
            else "away"
            if (user, "away") in living
            else "offline"
            for user in USERS
        }

    def teardown(self):
        """Nothing more happens: every process goes on to beat, and chat asks for everybody."""
        try:
            self.end()
            assert self.told == self.implied
            counted = self.run(connected(self.redis, USERS))
            assert [each.connections for each in counted] == [self.count_of(each) for each in USERS]
            kept = {
                key.decode().split(":", 2)[2]
                for kind in ("process", "sessions", "closed")
                for key in self.run(self.redis.keys(f"presence.{kind}:*"))
            }
            assert kept <= set(self.living())
        finally:
            self.runner.run(self.redis.aclose())
            self.runner.close()

    @initialize(dice=st.randoms(use_true_random=False), with_lists=st.booleans())
    def draw(self, dice, with_lists):
        """Choose how it ends."""
        self.dice, self.with_lists = dice, with_lists

    def end(self):
        """Let everything arrive, as late as can be, or a list of each process and then the rest."""
        if self.with_lists:
            self.run(self.store.take(self.lists()))
        self.dice.shuffle(self.sent)
        self.run(self.store.take(self.sent))
        for _ in range(0, LEASE_MS + 2 * GRACE_MS, BEAT_MS):
            self.now_ms += BEAT_MS
            self.run(self.store.take([("beat", each, self.now_ms) for each in self.living()]))
        while self.run(self.store.settle(silence_counts=True)).more:
            pass
        here = [(user, NOON_MS) for user in USERS if self.written[user]]
        self.run(self.store.recall(here))
        self.now_ms += GRACE_MS
        while self.run(self.store.settle(silence_counts=True)).more:
            pass
        known = [
            Known(user=user, last_seen_ms=None, is_online=self.written[user]) for user in USERS
        ]
        self.run(self.store.look(known, and_tell=True))
        self.look()

    def lists(self):
        return [("list", each.name, self.now_ms, *each.list()) for each in self.processes.values()]

    def living(self):
        return [process.name for process in self.processes.values()]

    def count_of(self, user):
        return sum(
            owner == user
            for process in self.processes.values()
            for owner, _ in process.sessions.values()
        )


async def _awaited(work):
    return await work


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("valkey"))
    server.start()
    asyncio.run(server.wait_up())
    yield server
    server.stop()


@pytest.mark.timeout(300)
def test_every_history_ends_in_what_the_living_sessions_imply(server):
    Histories.url = server.url

    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
