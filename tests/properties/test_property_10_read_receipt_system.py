"""Feature: whatsapp-messaging-fix, Property 10: Read Receipt System

Whatever a recipient reports to have read, one by one or many at once, in any order and however
often: the sender is told, each message has the time at which it was first read, and what was told
before is not handled again.
"""

import asyncio
import datetime as dt
import itertools

import pytest
from hypothesis import given, settings, strategies as st

from libs.common.events import Receipt
from services.receipts.domain.watermarks import Claim, Watermarks, rising
from tests.integration.chat.client import Client

MOST = 4
"""Messages that one example writes."""

OK = 200
WITHIN_S = 10.0
LOOK_S = 0.01

REPORTS = st.lists(st.integers(1, MOST), min_size=1, max_size=4)


class Conversation:
    """A sender and a recipient."""

    def __init__(self, world, loop):
        self._loop = loop
        self._people = world.people(2)
        self.room = world.room(*self._people)
        world.tell(self.room)
        self.sender, self.recipient = (
            loop.run(Client.open(world.chats[number], person.token))
            for number, person in enumerate(self._people)
        )
        self._rows = world.receipts_rows
        self._http = world.http(self._people[0], service="receipts")
        self.http = loop.run(self._http.__aenter__())

    def close(self):
        self._loop.run(self._http.__aexit__(None, None, None))
        self._loop.run(self.sender.close())
        self._loop.run(self.recipient.close())

    async def write(self):
        """Write some messages, wait until receipts knows of them; return the seq below them."""
        acks = [await self.sender.say(self.room, f"number {n}") for n in range(MOST)]
        async with asyncio.timeout(WITHIN_S):
            while (await self._ask(acks[-1]["seq"])).status_code != OK:
                await asyncio.sleep(LOOK_S)
        return acks[0]["seq"] - 1

    async def read(self, seq):
        """Report what was read, and wait until the sender was told."""
        frame = {"type": "read_receipt", "room": self.room, "seq": seq}
        await self.recipient.socket.send(frame)

    async def until_told(self, seq):
        await self.sender.until_marks(self.room, self._people[1].id, delivered=seq, read=seq)

    async def read_at(self, seq):
        """Return whether the recipient has read a message, and when."""
        answer = (await self._ask(seq)).json()
        (entry,) = [each for each in answer["members"] if each["user"] == self._people[1].id]
        assert entry["read"] == (entry["read_at"] is not None)
        return None if entry["read_at"] is None else dt.datetime.fromisoformat(entry["read_at"])

    async def _ask(self, seq):
        return await self.http.get(f"/rooms/{self.room}/messages/{seq}")

    def advances(self):
        """Return how often the recipient's watermark was raised."""
        sql = "select count(*) from advance where room_id = %s and user_id = %s"
        return self._rows(sql, self.room, self._people[1].id)[0][0]


@pytest.fixture(scope="module")
def conversation(world, loop):
    conversation = Conversation(world, loop)
    yield conversation
    conversation.close()


@given(REPORTS)
@settings(max_examples=100, deadline=None)
def test_each_message_is_read_once_at_its_time_however_it_is_reported(conversation, loop, reports):
    """Feature: whatsapp-messaging-fix, Property 10: Read Receipt System"""

    async def play():
        base = await conversation.write()
        before, told = conversation.advances(), 0
        times: dict[int, dt.datetime] = {}
        for upto in reports:
            await conversation.read(base + upto)
            if upto > told:
                await conversation.until_told(base + upto)
                at = await conversation.read_at(base + upto)
                assert at is not None
                times |= dict.fromkeys(range(told + 1, upto + 1), at)
                told = upto
        rises = sum(1 for n, upto in enumerate(reports) if upto > max([0, *reports[:n]]))

        assert conversation.advances() - before == rises
        for earlier, later in itertools.pairwise(sorted(times)):
            assert times[earlier] <= times[later]
        for seq in range(1, MOST + 1):
            assert await conversation.read_at(base + seq) == times.get(seq)

        await conversation.read(base + MOST)
        await conversation.until_told(base + MOST)

    loop.run(play())


# -- the pure core ----------------------------------------------------------------------------

HIGHEST = 12
SEVERAL = st.lists(st.tuples(st.integers(1, HIGHEST), st.booleans()), min_size=1, max_size=5)
BATCHES = st.lists(SEVERAL, min_size=1, max_size=6)
"""What a member reports, in the order of time: up to which seq, and whether it was read."""


def fold(batch, marks, log):
    """Fold the receipts of a batch as the service does; return where the member is then."""
    steps = rising(("member", Claim.of(receipt)) for receipt in batch)
    for step in steps.get("member", ()):
        if marks.after(step) != marks:
            marks = marks.after(step)
            log.append((marks, step.at_ms))
    return marks


@given(BATCHES, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_each_message_has_the_time_of_the_first_receipt_that_covers_it(batches, chance):
    """Feature: whatsapp-messaging-fix, Property 10: Read Receipt System"""
    times, marks = itertools.count(1), Watermarks()
    log: list[tuple[Watermarks, int]] = []
    told: list[Receipt] = []

    for reports in batches:
        batch = [
            Receipt("room", "member", seq, seq if is_read else 0, next(times))
            for seq, is_read in reports
        ]
        told += batch
        shuffled = chance.sample(batch + batch[:1], len(batch) + 1)
        marks = fold(shuffled, marks, log)
        assert fold(shuffled, marks, log) == marks

    assert marks.read_seq == max(receipt.read_seq for receipt in told)
    assert marks.delivered_seq == max(receipt.delivered_seq for receipt in told)
    assert len({step for step, _ in log}) == len(log)
    for seq in range(1, HIGHEST + 1):
        first = next((receipt.at_ms for receipt in told if receipt.read_seq >= seq), None)
        logged = next((at_ms for step, at_ms in log if step.read_seq >= seq), None)
        assert logged == first
