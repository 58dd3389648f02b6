"""Feature: whatsapp-messaging-fix, Property 9: Offline Message Handling

Whatever is written, by whom, in which room and when, while its recipient is away: it is queued for
them, it reaches them in the order in which it was written when they come online, and it expires
after seven days if they do not.
"""

import asyncio
import datetime as dt
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley.pending import new_client_id
from libs.common.clock import ManualClock
from tests.integration.chat.world import WITHIN_S
from tests.properties.at_once import EXAMPLES, play_at_once
from tests.properties.many import many_people, many_rooms
from tests.properties.offline.chat import Chat
from tests.properties.offline.queue import Queue
from tests.properties.offline.receipts import Receipts
from tests.properties.offline.tables import some_ids

ROOMS, SENDERS = 3, 2
HOUR_S = 3600.0
JUDGED_AFTER_S = 3.0
EXPIRES_AFTER = dt.timedelta(days=7)
EXPIRES_WITHIN = dt.timedelta(hours=1, minutes=1)
"""A message expires at the latest so long after its seventh day: an hour after it was told of."""

MESSAGES = st.lists(
    st.tuples(
        st.integers(0, ROOMS - 1),
        st.integers(0, SENDERS - 1),
        st.sampled_from((0.0, 0.001, 0.5, 30.0, HOUR_S, 20 * HOUR_S)),
    ),
    min_size=1,
    max_size=8,
)
"""Room, sender, and how long after the one before."""


class Away:
    """Somebody who is away, and those who write to them."""

    def __init__(self, tables):
        tables.forget_all()
        self.clock = ManualClock()
        self.chat, self.queue = Chat(tables.chat), Queue(tables.queue, self.clock)
        self.receipts = Receipts()
        self.bob, *self.senders = self.chat.people(1 + SENDERS)
        self.rooms = [self.chat.room(self.bob, *self.senders) for _ in range(ROOMS)]
        self.written = []
        for room in self.rooms:
            self.queue.hear_room(room, [self.bob, *self.senders])
            self.receipts.join(room, self.bob)

    def write(self, messages):
        """Let others write; the queue looks after things all the time."""
        for room, sender, after_s in messages:
            self.wait(after_s)
            place, at = self.rooms[room], self.clock.now()
            message = self.chat.write(place, self.senders[sender], at)
            self.receipts.written(place, message.seq, at)
            self.written.append((at, place, message.seq))
        self.wait(JUDGED_AFTER_S)

    def wait(self, seconds):
        """Let time pass, in which receipts judges and the queue looks after things."""
        for passed_s in (min(seconds, JUDGED_AFTER_S), max(0.0, seconds - JUDGED_AFTER_S)):
            self.clock.advance(passed_s)
            self.judge()
            self.queue.look_after()

    def judge(self):
        if news := self.receipts.judge(self.clock.now()):
            self.queue.hear_lag(news)

    def come_online(self, *, page):
        """Open a session; return (room, seq) of what it is sent."""
        (session,) = some_ids(1)
        self.queue.hear_session(session, self.bob)
        (offer,) = self.queue.offered()
        assert (offer.session, offer.user) == (session, self.bob)
        return [(m.room, m.seq) for m in self.chat.replay(self.bob, offer.ranges, page=page)]

    def acknowledge(self, received):
        """Report what was received, as far as it goes in each room."""
        for room, seq in received:
            self.receipts.claim(room, self.bob, seq)
            self.chat.project(room, self.bob, seq)
        self.judge()

    def younger_than(self, age):
        """Return (room, seq) of what was written since, by time, and by seq in each room."""
        since = self.clock.now() - age
        return [(room, seq) for at, room, seq in sorted(self.written) if at > since]


@given(MESSAGES, st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_what_is_written_to_somebody_who_is_away_waits_and_comes_in_order(tables, messages, page):
    """Feature: whatsapp-messaging-fix, Property 9: Offline Message Handling"""
    away = Away(tables)

    away.write(messages)
    queued = away.queue.status(away.bob)
    received = away.come_online(page=page)
    away.acknowledge(received)

    assert queued.incoming == len(messages)
    assert received == away.younger_than(EXPIRES_AFTER)
    assert len(received) == len(messages)
    assert away.queue.status(away.bob).incoming == 0
    assert away.come_online(page=page) == []


@given(MESSAGES, st.integers(0, 10 * 24), st.sampled_from((0.0, HOUR_S - 1)))
@settings(max_examples=100, deadline=None)
def test_what_nobody_received_in_seven_days_expires(tables, messages, hours, more_s):
    """Feature: whatsapp-messaging-fix, Property 9: Offline Message Handling"""
    away = Away(tables)
    away.write(messages)

    away.wait(hours * HOUR_S + more_s)
    status = away.queue.status(away.bob)
    received = away.come_online(page=100)

    young = away.younger_than(EXPIRES_AFTER)
    perhaps = away.younger_than(EXPIRES_AFTER + EXPIRES_WITHIN)
    assert received[len(received) - len(young) :] == young
    assert received == perhaps[len(perhaps) - len(received) :]
    assert (status.incoming, status.expired_total) == (
        len(received),
        len(messages) - len(received),
    )


# -- the real suite ---------------------------------------------------------------------------

LOOK_S = 0.8
OK, CREATED = 200, 201


class Absence(NamedTuple):
    """What is written to somebody while they are away, and how much they acknowledge at first.

    Attributes:
        messages: in which room, by whom.
        acknowledged: of what they are sent when they come for the first time.
    """

    messages: list[tuple[int, int]]
    acknowledged: int


absences = st.builds(
    Absence,
    st.lists(
        st.tuples(st.integers(0, ROOMS - 1), st.integers(0, SENDERS - 1)), min_size=1, max_size=8
    ),
    st.integers(0, 8),
)


class Absentee:
    """Somebody who is away from some rooms of the real suite, and comes online now and then."""

    def __init__(self, world, http, person, rooms):
        self.world, self.http, self.person, self.rooms = world, http, person, rooms
        self.written: list[dict[str, Any]] = []

    async def write(self, room, sender):
        """Let somebody else write."""
        body = {"client_id": new_client_id(), "content": f"number {len(self.written)}"}
        answer = await self._ask("POST", f"chat/rooms/{room}/messages", sender, json=body)
        assert answer.status_code == CREATED, answer.text
        self.written.append(answer.json())

    async def until_waiting(self, count):
        """Wait until so many messages wait in the queue."""
        waiting = None
        async with asyncio.timeout(WITHIN_S):
            while waiting != count:
                await asyncio.sleep(LOOK_S)
                answer = await self._ask("GET", "queue/status", self.person)
                if answer.status_code == OK:  # it may be too busy for once
                    waiting = answer.json()["incoming"]

    async def come_online(self, *, acknowledged):
        """Open a session, and acknowledge a part; return (room, seq) of what came, and the count."""
        async with self.world.client(self.person) as client:
            drained = await client.until_type("drained")
            came = [frame for frame in client.frames if frame["type"] == "message"]
            for frame in came[:acknowledged]:
                receipt = {"type": "delivered", "room": frame["room"], "seq": frame["seq"]}
                await client.socket.send(receipt)
            await client.ask({"type": "ping"})  # so the server has them
        return [(frame["room"], frame["seq"]) for frame in came], drained["count"]

    async def _ask(self, method, path, person, **more):
        headers = {"Authorization": f"Bearer {person.token}"}
        return await self.http.request(method, f"/api/{path}", headers=headers, **more)


@pytest.fixture(scope="module")
def absentees(world, loop):
    """A hundred people who are away from some rooms each, and who writes to them."""
    senders = many_people(world, SENDERS)
    people = many_people(world, EXAMPLES)
    rooms = many_rooms(world, [(*senders, one) for one in people for _ in range(ROOMS)], told=True)
    http = httpx.AsyncClient(base_url=world.url, timeout=WITHIN_S)
    yield (
        senders,
        [
            Absentee(world, http, person, rooms[number * ROOMS : (number + 1) * ROOMS])
            for number, person in enumerate(people)
        ],
    )
    loop.run(http.aclose())


def test_who_was_away_gets_what_was_written_in_the_order_of_time_until_they_have_it(
    world, loop, absentees
):
    """Feature: whatsapp-messaging-fix, Property 9: Offline Message Handling"""
    senders, people = absentees
    free = iter(people)

    async def play(absence):
        bob = next(free)
        for room, sender in absence.messages:
            await bob.write(bob.rooms[room], senders[sender])
        await bob.until_waiting(len(bob.written))

        first, count = await bob.come_online(acknowledged=absence.acknowledged)
        left = first[absence.acknowledged :]
        await bob.until_waiting(len(left))
        second, rest = await bob.come_online(acknowledged=len(left))
        await bob.until_waiting(0)
        third, none = await bob.come_online(acknowledged=0)

        by_time = sorted(bob.written, key=lambda one: (one["created_at"], one["room"], one["seq"]))
        assert first == [(one["room"], one["seq"]) for one in by_time]
        assert (second, third) == (left, [])
        assert (count, rest, none) == (len(first), len(left), 0)

    play_at_once(loop, absences, play)
