"""Whatever becomes of those who are away, of their devices and of the news of them: nothing is lost,
nothing comes twice into a store, and what expired is not pushed any more.

A history is made of messages, of devices that connect, store, acknowledge and crash, and of news
that come late, twice, in another order, or never, because Redis lost them.
"""

import datetime as dt

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
    run_state_machine_as_test,
)

from libs.common.clock import ManualClock
from services.queue.store import CHAT_SESSIONS, RECEIPTS_LAG
from tests.properties.offline.chat import Chat
from tests.properties.offline.device import Device
from tests.properties.offline.expiry import HOUR, Expiry
from tests.properties.offline.queue import Queue
from tests.properties.offline.receipts import Receipts
from tests.properties.offline.tables import Both, some_ids

EXAMPLES, STEPS = 110, 30
PEOPLE, ROOMS, PAGE = 2, 2, 3
HOUR_S = 3600.0
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
PUT_OFF = dt.timedelta(seconds=2)
OFFERED_AT_S = [0.0, 2.0, 6.0, 14.0]
LOOKED_AT_S = (0.0, 1.75, 2.0, 5.75, 6.0, 13.75, 14.0, 30.0, 60.0)
JUDGED_AFTER_S = 2.0
WHO, WHERE = st.integers(0, PEOPLE - 1), st.integers(0, ROOMS - 1)


class Histories(RuleBasedStateMachine):
    """Chat, receipts, the queue, a device for each person, and streams that may fail."""

    tables: Both

    def __init__(self):
        super().__init__()
        self.tables.forget_all()
        self.clock = ManualClock()
        self.chat, self.queue = Chat(self.tables.chat), Queue(self.tables.queue, self.clock)
        self.receipts = Receipts()
        self.author, *people = self.chat.people(1 + PEOPLE)
        self.devices = [Device(user) for user in people]
        self.rooms = [self.chat.room(self.author, *people) for _ in range(ROOMS)]
        self.members = [(room, user) for room in self.rooms for user in people]
        self.coming, self.heard = [], []
        self.expiry = Expiry(self.chat, self.queue)
        self.offered_to, self.acknowledged_at = set(), dict.fromkeys(people, LONG_AGO)
        for room in self.rooms:
            self.queue.hear_room(room, [self.author, *people])
        for room, user in self.members:
            self.receipts.join(room, user)

    @property
    def now(self):
        return self.clock.now()

    def tell(self, stream, events):
        """Put an entry on a stream; what becomes of it is another matter."""
        if events:
            self.coming.append((stream, events))

    # -- what people and their devices do ---------------------------------------------------------

    @rule(where=WHERE, reached=st.sets(WHO))
    def write(self, where, reached):
        """Somebody writes; of the devices that are connected some fail to store it."""
        room = self.rooms[where]
        message = self.chat.write(room, self.author, self.now)
        self.receipts.written(room, message.seq, self.now)
        for who in reached:
            if self.devices[who].session is not None:
                self.devices[who].take(message, self.clock.monotonic())

    @rule(who=WHO)
    def connect(self, who):
        device = self.devices[who]
        if device.session is not None:
            return
        (device.session,) = some_ids(1)
        device.welcome(self.chat.places(device.user), self.clock.monotonic())
        self.tell(CHAT_SESSIONS, [self.queue.news(device.session, device.user, "opened")])

    @rule(who=WHO, keeps_store=st.booleans())
    def disconnect(self, who, keeps_store):
        """The connection ends; sometimes because the device does, and its store with it."""
        device = self.devices[who]
        if device.session is not None:
            self.tell(CHAT_SESSIONS, [self.queue.news(device.session, device.user, "closed")])
            device.session = None
        if not keeps_store:
            device.lose_store()

    @rule(who=WHO, is_projected=st.booleans())
    def acknowledge(self, who, is_projected):
        device = self.devices[who]
        if device.session is None:
            return
        for room, cursor in device.rooms.cursors().items():
            self.receipts.claim(room, device.user, cursor)
            if is_projected:
                self.chat.project(room, device.user, cursor)

    @rule(who=WHO)
    def sync(self, who):
        """A device asks chat for what it knows to miss."""
        device = self.devices[who]
        if device.session is None or not device.rooms.has_holes:
            return
        answer = self.chat.sync(device.user, device.rooms.cursors(), self.now)
        for message in answer.messages:
            device.take(message, self.clock.monotonic())
        device.synced(answer.rooms, self.clock.monotonic())

    # -- what becomes of news ---------------------------------------------------------------------

    @rule()
    def judge(self):
        self.clock.advance(JUDGED_AFTER_S)
        self.tell(RECEIPTS_LAG, self.receipts.judge(self.now))

    @rule(data=st.data(), is_killed=st.booleans())
    def hear(self, data, is_killed):
        """Some news arrive: in any order, some of them again; or the queue is killed over them."""
        known = self.coming + self.heard[-6:]
        if not known:
            return
        picked = st.lists(st.integers(0, len(known) - 1), min_size=1, max_size=4)
        some = [known[at] for at in data.draw(picked)]
        if is_killed:
            for stream in {stream for stream, _ in some}:
                self.queue.hear_and_be_killed(stream, [e for s, e in some if s == stream])
            return
        self.hear_these(some)

    @rule()
    def hear_all(self):
        self.hear_these(list(self.coming))

    def hear_these(self, some):
        before = self.queue.behind()
        for stream in (CHAT_SESSIONS, RECEIPTS_LAG):
            entries = [events for each, events in some if each == stream]
            if entries:
                self.queue.hear(stream, entries)
        for pair, (from_seq, _) in self.queue.behind().items():
            if from_seq > before.get(pair, (from_seq, 0))[0]:
                self.acknowledged_at[pair[1]] = self.now
        self.heard += some
        self.coming = [each for each in self.coming if each not in some]

    @rule()
    def lose_redis(self):
        """What was on its way is lost; receipts, chat and the queue make it good."""
        self.coming, self.heard = [], []
        self.repair()

    def repair(self):
        self.tell(RECEIPTS_LAG, self.receipts.tell_laggards())
        self.tell(RECEIPTS_LAG, self.receipts.tell(self.queue.asked_for()))
        self.list_sessions()

    @rule()
    def list_sessions(self):
        open_ones = [(each.session, each.user) for each in self.devices if each.session]
        self.tell(CHAT_SESSIONS, [self.queue.listing(open_ones)])

    # -- what the queue does ----------------------------------------------------------------------

    @rule(are_lost=st.booleans(), taken=st.integers(0, 9))
    def offer(self, are_lost, taken):
        """The queue offers what is due; the offers may be lost, or not all of it be stored."""
        for offer in self.queue.offered():
            if not are_lost:
                self.replay(offer, taken=taken)

    def replay(self, offer, *, taken=1_000):
        """Chat replays to the session, if it is still there; the device stores the first few."""
        (device,) = (each for each in self.devices if each.user == offer.user)
        if device.session != offer.session:
            return []
        if offer.ranges and offer.session in self.offered_to:
            assert self.now >= self.acknowledged_at[offer.user] + PUT_OFF
        self.offered_to.add(offer.session)
        sent = self.chat.replay(offer.user, offer.ranges, page=PAGE)
        assert [(m.created_at, m.room, m.seq) for m in sent] == sorted(
            (m.created_at, m.room, m.seq) for m in sent
        )
        for message in sent:
            pair = (message.room, device.user)
            assert message.seq > max(self.expiry.reached[pair], self.chat.projected.get(pair, 0))
        for message in sent[:taken]:
            device.take(message, self.clock.monotonic())
        return sent

    @rule(seconds=st.sampled_from((0.25, 1.0, 4.0, 60.0)))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @rule(hours=st.sampled_from((1, 2, 24, 6 * 24, 8 * 24)))
    def be_quiet(self, hours):
        """Nothing happens for hours: news that were on their way have come."""
        self.come_to_rest()
        self.heard.clear()
        self.look_after()
        self.clock.advance(hours * HOUR_S)
        self.look_after()
        self.tell(RECEIPTS_LAG, self.receipts.tell(self.queue.asked_for(waited=HOUR)))

    @rule()
    def look_after(self):
        self.expiry.look_after(self.now)

    # -- what has to hold -------------------------------------------------------------------------

    @rule(who=WHO, begins=st.booleans())
    def stay_silent(self, who, begins):
        """A session that does not acknowledge is offered it a few times, and then left alone; one
        that begins to is given time."""
        device = self.devices[who]
        self.come_to_rest()
        self.come_back(device)
        waits = self.queue.status(device.user).incoming > 0
        expected_s = OFFERED_AT_S if waits else []
        several = [room for room in self.rooms if len(self.owed(room, device)) > 1]
        if begins and several:
            self.queue.offered()
            self.receipts.claim(several[0], device.user, self.owed(several[0], device)[0])
            self.tell(RECEIPTS_LAG, self.receipts.judge(self.now))
            self.hear_all()
            expected_s = OFFERED_AT_S[1:]
        offered_at_s, passed_s = [], 0.0
        for at_s in LOOKED_AT_S:
            self.clock.advance(at_s - passed_s)
            passed_s = at_s
            if any(each.ranges for each in self.queue.offered() if each.session == device.session):
                offered_at_s.append(at_s)
        assert offered_at_s == expected_s

    def come_back(self, device):
        """Open another session in place of the present one."""
        who = self.devices.index(device)
        self.disconnect(who, keeps_store=True)
        self.connect(who)
        self.hear_all()

    def come_to_rest(self):
        """Receipts judges, everything is told, and Redis loses nothing any more."""
        self.clock.advance(JUDGED_AFTER_S)
        self.tell(RECEIPTS_LAG, self.receipts.judge(self.now))
        self.hear_all()
        self.repair()
        self.hear_all()
        for device in self.devices:
            status = self.queue.status(device.user)
            assert status.incoming == sum(len(self.owed(room, device)) for room in self.rooms)
            assert status.expired_total == self.expiry.total[device.user]

    def owed(self, room, device):
        """Return the seqs that wait for somebody: not acknowledged, and not expired."""
        pair = (room, device.user)
        reached = max(self.receipts.marks[pair], self.expiry.reached[pair])
        return list(range(reached + 1, self.chat.heads[room] + 1))

    def teardown(self):
        """Everybody comes back, and acknowledges."""
        self.come_to_rest()
        for who, device in enumerate(self.devices):
            owed = {(room, seq) for room in self.rooms for seq in self.owed(room, device)}
            self.come_back(device)
            (offer,) = (each for each in self.queue.offered() if each.session == device.session)
            assert {(message.room, message.seq) for message in self.replay(offer)} == owed
            self.sync(who)
            assert device.holds_everything(self.chat.heads)
            self.acknowledge(who, is_projected=True)
        self.come_to_rest()
        assert self.queue.behind() == {}


@pytest.mark.promise(number=4)
@pytest.mark.timeout(300)
def test_nothing_is_lost_and_nothing_comes_twice(tables):
    Histories.tables = tables

    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
