"""Feature: whatsapp-messaging-fix, Property 9: Offline Message Handling

Whatever is written, by whom, in which room and when, while its recipient is away: it is queued for
them, it reaches them in the order in which it was written when they come online, and it expires
after seven days if they do not.
"""

import datetime as dt

from hypothesis import given, settings, strategies as st

from libs.common.clock import ManualClock
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
