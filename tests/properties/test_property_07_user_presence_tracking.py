"""Feature: whatsapp-messaging-fix, Property 7: User Presence Tracking

Whenever somebody connects, disconnects, goes away or comes back, with however many sessions: all
who share a room with them are told, at once where they come, and once five seconds have shown that
they are gone. A moment without a session is told to nobody.
"""

import asyncio
import itertools
from typing import Any, cast

import msgspec
import pytest
from hypothesis import example, given, settings, strategies as st

from libs.common.clock import ManualClock
from libs.common.events import PresenceChanged, SessionNews
from libs.common.redis_clients import connect_blocking
from libs.common.streams.entries import read_entries, unpack
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.presence import PresenceBoard
from services.chat.hub.session import Seat, Session
from services.chat.selectors.contacts import Acquaintance, RoomPeople
from services.presence.store import EVENTS_KEY
from services.presence.store.sessions import GRACE_MS, SessionStore
from tests.properties.at_once import EXAMPLES, held_open, play_at_once
from tests.properties.devices import DEEDS, OPENED, Devices, ask_until_true
from tests.properties.many import many_people, many_rooms
from tests.properties.watchers import watching
from tests.valkey_server import Server

ANN, WATCHERS = "ann", ("bob", "eve")
NOON_MS = 1_800_000_000_000
LOOK_MS = 500
"""How often presence looks whose grace has passed."""
HEIGHT = {"offline": 0, "away": 1, "online": 2}

steps = st.lists(
    st.tuples(
        st.sampled_from((1, 2, 3, 5, 12)).map(lambda looks: looks * LOOK_MS),
        st.sampled_from(("opened", "active", "away", "closed")),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=30,
)
"""How long after the one before which of three devices does what."""
ALL_OPEN = [(LOOK_MS, "opened", device) for device in range(3)]
ALL_AWAY = [(LOOK_MS, "away", device) for device in range(3)]


class Device:
    """The ``Listener`` of somebody who watches."""

    closed = False

    def __init__(self):
        self.told = []

    def offer(self, text):
        frame = msgspec.json.decode(text)
        self.told += [each for each in frame["users"] if each["id"] == ANN]
        return True


class Rooms:
    """The people of the one room there is."""

    async def run(self, _, rooms, *, at_most):
        members = [Acquaintance(user, "everyone", 0) for user in (ANN, *WATCHERS)]
        assert len(members) <= at_most
        return [RoomPeople(room=r, version=1, is_direct=False, members=members) for r in rooms]


class House:
    """Presence's store, and two chat processes that hear of it, each with somebody who watches."""

    def __init__(self, redis):
        self.redis = redis
        self.store = SessionStore(redis)
        self.now_ms = NOON_MS
        self.cursor = "0-0"
        self.numbers = itertools.count(1)
        self.stream = []
        self.sessions = {}
        self.devices = {}
        self.boards = [self._board(user) for user in WATCHERS]

    def _board(self, user):
        room, device = LocalRoom("room"), Device()
        room.version = 1
        board = PresenceBoard(
            room_of=lambda _: room,
            ask=lambda _: None,
            database=cast(Any, Rooms()),
            clock=ManualClock(),
            most_members=10,
        )
        session = Session(f"of {user}", user, "sid", cast(Any, device))
        seat = Seat(session, version=1, held=None)
        room.seats[session.id] = session.seats["room"] = seat
        board.sat_down(room, seat)
        self.devices[user] = device
        return board

    async def begin(self):
        await self.redis.flushall()
        for board in self.boards:
            await board.read_some()

    async def take(self, device, step):
        """Announce what a device does; each time that it opens is another session."""
        number = next(self.numbers)
        if step == "opened":
            self.sessions[device] = f"session {number}"
        news = SessionNews(self.sessions[device], ANN, "chat", step, number)
        await self.store.take([("news", "process", self.now_ms, [news])])
        await self.tell()

    async def wait(self, passed_ms):
        for _ in range(passed_ms // LOOK_MS):
            self.now_ms += LOOK_MS
            self.store.now_ms = self.now_ms
            await self.store.settle(silence_counts=False)
            await self.tell()

    async def tell(self):
        """Let both processes hear what is new on the stream, and tell it."""
        reply = await cast(Any, self.redis.xrange(EVENTS_KEY, min=f"({self.cursor}"))
        for entry in map(unpack, read_entries(reply)):
            self.cursor = str(entry.id)
            for event in entry.events:
                assert isinstance(event, PresenceChanged)
                self.stream += [(self.now_ms, each.status) for each in event.people]
                for board in self.boards:
                    board.hear(event)
        for board in self.boards:
            await board.tell()


def expected(happenings):
    """Return when what is to be told: upwards at once, downwards when the grace has passed."""
    told, due_ms, before, result = "offline", None, "offline", []
    for now_ms, status in happenings:
        if HEIGHT[status] >= HEIGHT[told]:
            due_ms = None
        elif status != before or due_ms is None:
            due_ms = now_ms + GRACE_MS
        before = status
        if HEIGHT[status] > HEIGHT[told] or (due_ms is not None and now_ms >= due_ms):
            told, due_ms = status, None
            result.append((now_ms, status))
    return result


def aggregate(devices):
    states = devices.values()
    return "online" if "active" in states else "away" if "away" in states else "offline"


async def live(redis, steps):
    """Live through the steps; return the house, and how the devices were at each look."""
    house, devices, happenings = House(redis), dict[int, str](), []
    house.store.now_ms = house.now_ms
    await house.begin()
    for passed_ms, step, device in [*steps, (2 * GRACE_MS, "active", None)]:
        for _ in range(passed_ms // LOOK_MS):
            await house.wait(LOOK_MS)
            happenings.append((house.now_ms, aggregate(devices)))
        if step == "opened" and device not in devices:
            devices[device] = "active"
        elif step == "closed" and device in devices:
            del devices[device]
        elif step in ("active", "away") and device in devices:
            devices[device] = step
        else:
            continue
        await house.take(device, step)
        happenings.append((house.now_ms, aggregate(devices)))
    return house, happenings


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("valkey"))
    server.start()
    asyncio.run(server.wait_up())
    yield server
    server.stop()


@settings(max_examples=150, deadline=None)
@given(steps=st.sampled_from(([], ALL_OPEN)).flatmap(lambda first: steps.map(first.__add__)))
@example(steps=[*ALL_OPEN, *ALL_AWAY, (4 * LOOK_MS, "closed", 0)])
def test_everybody_who_shares_a_room_is_told_what_somebodys_sessions_come_to(server, steps):
    """Feature: whatsapp-messaging-fix, Property 7: User Presence Tracking"""

    async def play():
        redis = connect_blocking(server.url)
        try:
            return await live(redis, steps)
        finally:
            await redis.aclose()

    house, happenings = asyncio.run(play())

    assert house.stream == expected(happenings)
    for device in house.devices.values():
        assert [each["status"] for each in device.told] == [status for _, status in house.stream]
        gone = [each for each in device.told if each["status"] == "offline"]
        assert all(each["last_seen"] for each in gone)


# -- the real suite ---------------------------------------------------------------------------

DEVICES = 3

deeds = st.tuples(
    st.sampled_from((0.0, 0.05, 0.3, 1.0)), st.sampled_from(DEEDS), st.integers(0, DEVICES - 1)
)
lives = st.builds(
    lambda first, more: [(0.0, OPENED, first), *more],
    st.integers(0, 2),
    st.lists(deeds, max_size=7),
)
"""After which pause which of somebody's devices does what."""


@pytest.fixture(scope="module")
def acquaintances(world, loop):
    """Two who share a room with each of a hundred people, and somebody who shares none."""
    *watchers, stranger = many_people(world, 3)
    people = many_people(world, EXAMPLES)
    many_rooms(world, [(*watchers, person) for person in people], told=True)
    with held_open(loop, watching(world.chats, [*watchers, stranger])) as sessions:
        yield people, watchers[0], sessions


def test_what_everybody_is_told_ends_with_the_truth_and_never_says_gone_of_who_is_there(
    world, loop, acquaintances
):
    """Feature: whatsapp-messaging-fix, Property 7: User Presence Tracking"""
    people, viewer, (*watchers, stranger) = acquaintances
    everybody = [Devices(world.chats, person) for person in people]
    free = iter(everybody)

    async def play(life):
        devices = next(free)
        for pause_s, deed, device in life:
            await asyncio.sleep(pause_s)
            await devices.do(deed, device)
        for watcher in watchers:
            await watcher.until_status(devices.person.id, devices.truth)

    async def come_to_rest():
        async with world.http(viewer, service="presence") as http:
            asked = await ask_until_true(http, everybody)
        for devices, watcher in itertools.product(everybody, watchers):
            await watcher.until_status(devices.person.id, devices.truth)
        for devices in everybody:
            await devices.close()
        return asked

    play_at_once(loop, lives, play)
    asked = loop.run(come_to_rest())

    assert asked == {devices.person.id: devices.truth for devices in everybody}
    assert stranger.presence.keys().isdisjoint(asked)
    for devices, watcher in itertools.product(everybody, watchers):
        told = [each["last_seen"] for each in watcher.gone(devices.person.id)]
        assert len(told) <= devices.absences
        assert all(told)
