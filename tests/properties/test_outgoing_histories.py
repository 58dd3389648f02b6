"""Whatever becomes of what the queue submits to chat: each message is in its room once, and those of
a sender in their order; three refusals make a dead letter, and no outage does.

A history is made of messages that are queued, of submissions that chat reads late, twice or never,
of outcomes that come late, twice or never, of Redis lost and the queue killed.
"""

import uuid
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from libs.common.clock import ManualClock, to_wire
from libs.common.events import Outcome, OutgoingFailed, OutgoingSent, SubmissionsSettled
from libs.common.streams.entries import Outgoing
from services.queue.actions import outgoing
from services.queue.actions.outgoing import Wish
from services.queue.models import MAX_RETRIES
from services.queue.outbox.endings import publish_some
from services.queue.store import CHAT_SUBMITTED
from tests.properties.offline.queue import Queue
from tests.properties.offline.tables import Both, some_ids

EXAMPLES, STEPS = 110, 30
SENDERS, ROOMS = 2, 1
LONGEST_PAUSE_S = 300.0
REFUSED_AGAIN_AFTER_S = 5.0
MOST_ROUNDS = 200
ANSWERS = ("stored", "stored", "refused", "out")
WHO, WHERE = st.integers(0, SENDERS - 1), st.integers(0, ROOMS - 1)


class Writer:
    """Chat's writer: it stores each client_id once, and may refuse, or be out."""

    def __init__(self):
        self.rooms = {}

    def answer(self, submission, kind, now):
        """Return the outcome of a submission."""
        stored = self.rooms.setdefault(submission.room, [])
        message = (submission.sender, submission.client_id)
        if message in stored or kind == "stored":
            if message not in stored:
                stored.append(message)
            return Outcome(
                id=submission.id,
                attempt=submission.attempt,
                seq=stored.index(message) + 1,
                at=to_wire(now),
            )
        if kind == "refused":
            return self.no(submission, "permission_denied", is_refusal=True)
        return self.no(submission, "unavailable")

    @staticmethod
    def no(submission, code, **more):
        return Outcome(id=submission.id, attempt=submission.attempt, code=code, **more)


class Histories(RuleBasedStateMachine):
    """A queue, chat's writer, and the two streams between them."""

    tables: Both

    def __init__(self):
        super().__init__()
        self.tables.queue.forget_all()
        self.clock = ManualClock()
        self.queue = Queue(self.tables.queue, self.clock)
        self.writer = Writer()
        self.senders, self.rooms = some_ids(SENDERS), some_ids(ROOMS)
        for room in self.rooms:
            self.queue.hear_room(room, self.senders)
        self.wishes = []
        self.submitted, self.read = [], []
        self.outcomes, self.taken = [], []
        self.in_flight = {}
        self.refused: Counter[str] = Counter()
        self.given_up, self.told = set(), {}

    def do(self, action, *args, **kwargs):
        """Run an action at the time of the clock."""
        return self.tables.queue.do(action, *args, now=self.clock.now(), **kwargs)

    # -- what senders and staff do ----------------------------------------------------------------

    @rule(who=WHO, where=WHERE)
    def queue_message(self, who, where):
        wish = Wish(
            sender=self.senders[who],
            room=self.rooms[where],
            client_id=str(uuid.uuid4()),
            content="hello",
        )
        self.wishes.append(wish)
        assert self.do(outgoing.queue_outgoing_message, wish)

    @rule(data=st.data())
    def queue_it_again(self, data):
        """A client that had no answer tries again; what was given up gets another chance."""
        if self.wishes:
            wish = data.draw(st.sampled_from(self.wishes))
            assert not self.do(outgoing.queue_outgoing_message, wish)
            self.begin_anew([wish.client_id])

    @rule()
    def replay_dead_letters(self):
        dead = self.dead_letters()
        assert self.do(outgoing.replay_dead_letters, list(dead)) == len(dead)
        self.begin_anew(dead.values())
        assert self.dead_letters() == {}

    def dead_letters(self):
        """Return client_ids of what was given up, by id."""
        return dict(
            self.tables.queue.rows(
                "select id, client_id::text from queued_message where ending = 'failed'"
            )
        )

    def begin_anew(self, client_ids):
        """What was given up has three more tries."""
        for each in client_ids:
            if self.told.get(each) == "failed":
                del self.told[each], self.refused[each]

    # -- what the queue does ----------------------------------------------------------------------

    @rule(fate=st.sampled_from(("published", "published", "lost", "put back", "killed")))
    def submit(self, fate):
        """Submit what is due: it is published, or lost on its way, or Redis does not take it."""
        if fate == "killed":
            self.tables.queue.do_and_be_killed(outgoing.take_due, now=self.clock.now())
            return
        due = self.do(outgoing.take_due)
        for each in due:
            line = (each.sender, each.room)
            assert self.in_flight.get(line, each.id) == each.id
            self.in_flight[line] = each.id
        if fate == "published":
            self.submitted += due
        elif fate == "put back":
            self.do(outgoing.put_back, due)

    @rule()
    def lose_redis(self):
        self.submitted, self.read, self.outcomes, self.taken = [], [], [], []
        self.do(outgoing.submit_all_again)

    @rule(seconds=st.sampled_from((0.5, 1.0, 5.0, 20.0, LONGEST_PAUSE_S)))
    def wait(self, seconds):
        self.clock.advance(seconds)

    # -- what chat does ---------------------------------------------------------------------------

    @rule(data=st.data())
    def answer(self, data):
        """Chat reads some submissions, perhaps again, and tells what came of them."""
        known = self.submitted + self.read[-4:]
        if not known:
            return
        picked = st.lists(st.integers(0, len(known) - 1), min_size=1, max_size=4, unique=True)
        for at in data.draw(picked):
            kind = data.draw(st.sampled_from(ANSWERS))
            self.outcomes.append(self.writer.answer(known[at], kind, self.clock.now()))
            self.read.append(known[at])
        self.submitted = [each for each in self.submitted if each not in self.read]

    @rule(times=st.integers(1, MAX_RETRIES), kind=st.sampled_from(("refused", "out")))
    def take_nothing(self, times, kind):
        """Chat refuses whatever comes, or is out."""
        for _ in range(times):
            self.clock.advance(REFUSED_AGAIN_AFTER_S)
            self.answer_all(kind)

    def answer_all(self, kind):
        """Submit what is due; chat answers it, and what was on its way."""
        self.submit(fate="published")
        known, self.submitted = self.submitted, []
        newest = {each.id: each for each in known}.values()
        self.settle_these([self.writer.answer(each, kind, self.clock.now()) for each in newest])

    @rule(data=st.data(), is_killed=st.booleans())
    def settle(self, data, is_killed):
        """Some outcomes arrive: in any order, perhaps again; or the queue is killed over them."""
        known = self.outcomes + self.taken[-2:]
        if not known:
            return
        picked = st.lists(st.integers(0, len(known) - 1), min_size=1, max_size=3, unique=True)
        some = [known[at] for at in data.draw(picked)]
        if is_killed:
            told = [[SubmissionsSettled(outcomes=some)]]
            self.queue.hear_and_be_killed(CHAT_SUBMITTED, told)
        else:
            self.settle_these(some)

    def settle_these(self, some):
        """Take over outcomes; of each message the newest one counts."""
        self.queue.hear(CHAT_SUBMITTED, [[SubmissionsSettled(outcomes=[each])] for each in some])
        self.taken += some
        self.outcomes = [each for each in self.outcomes if each not in some]
        ids = {outcome.id for outcome in some}
        self.refused.update(self.client_ids({each.id for each in some if each.is_refusal}))
        self.in_flight = {line: at for line, at in self.in_flight.items() if at not in ids}
        self.check_counts()
        self.hear_endings()

    def client_ids(self, ids):
        found = self.tables.queue.rows(
            "select client_id::text from queued_message where id = any(%s)", list(ids)
        )
        return [client_id for (client_id,) in found]

    def check_counts(self):
        """What was refused three times has failed, and nothing else; outages do not count."""
        for client_id, ending, retries, is_processed in self.tables.queue.rows(
            "select client_id::text, ending, retry_count, is_processed from queued_message"
        ):
            assert retries <= self.refused[client_id]
            assert is_processed == (ending != "")
            assert (retries == MAX_RETRIES) >= (ending == "failed")
            assert is_processed or retries < MAX_RETRIES

    def hear_endings(self):
        """Senders are told how their messages ended."""
        news: list[Outgoing] = []
        self.tables.queue.do(publish_some, news.extend)
        for event in (event for each in news for event in each.events):
            match event:
                case OutgoingSent():
                    self.told[event.client_id] = "sent"
                case OutgoingFailed():
                    assert self.told.get(event.client_id) != "sent"
                    self.told[event.client_id] = "failed"
                    self.given_up.add(event.client_id)

    # -- what has to hold -------------------------------------------------------------------------

    def teardown(self):
        """Chat takes everything, and staff have it try again what was given up."""
        self.lose_redis()
        self.replay_dead_letters()
        for _ in range(MOST_ROUNDS):
            if not self.unfinished():
                break
            self.clock.advance(LONGEST_PAUSE_S)
            self.answer_all("stored")
        assert self.unfinished() == 0
        assert self.told == {wish.client_id: "sent" for wish in self.wishes}
        for room in self.rooms:
            stored = self.writer.rooms.get(room, [])
            wished = [(each.sender, each.client_id) for each in self.wishes if each.room == room]
            assert sorted(stored) == sorted(wished)
            for sender in self.senders:
                assert self.in_turn(stored, sender) == self.in_turn(wished, sender)

    def unfinished(self):
        statuses = [self.queue.status(sender) for sender in self.senders]
        return sum(status.outgoing + status.retry for status in statuses)

    def in_turn(self, messages, sender):
        """Return the client_ids of somebody's messages that were never given up, in their order."""
        return [each for by, each in messages if by == sender and each not in self.given_up]


@pytest.mark.promise(number=2)
@pytest.mark.timeout(300)
def test_each_message_is_sent_once_and_in_its_turn(tables):
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
