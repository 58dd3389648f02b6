"""Feature: whatsapp-messaging-fix, Property 10: Read Receipt System

Whatever a recipient reports to have read, one by one or many at once, in any order and however
often: the sender is told, each message has the time at which it was first read, and what was told
before is not handled again.
"""

import asyncio
import contextlib
import datetime as dt
import itertools

import pytest
from hypothesis import given, settings, strategies as st

from libs.common.events import Receipt
from services.receipts.domain.watermarks import Claim, Watermarks, rising
from tests.integration.chat.world import WITHIN_S, Client
from tests.properties.at_once import EXAMPLES, held_open, play_at_once
from tests.properties.many import many_people, many_rooms

MOST = 4
"""Messages that one example writes."""

OK = 200
LOOK_S = 0.4

REPORTS = st.lists(st.integers(1, MOST), min_size=1, max_size=4)


class Conversation:
    """A sender and a recipient, who are connected, and the sender's HTTP with receipts."""

    def __init__(self, world, http, people, room):
        self._world, self._http, self._people, self._room = world, http, people, room
        self.sender: Client
        self.recipient: Client

    @contextlib.asynccontextmanager
    async def held(self):
        """Let both be connected inside the block."""
        (sender, recipient), urls = self._people, self._world.chats
        async with (
            self._world.client(sender, url=urls[0]) as self.sender,
            self._world.client(recipient, url=urls[1]) as self.recipient,
        ):
            yield

    async def write(self):
        """Write some messages, and wait until receipts knows of them."""
        for seq in range(1, MOST + 1):
            assert (await self.sender.say(self._room, f"number {seq}"))["seq"] == seq
        await self._ask(MOST)

    async def read(self, seq):
        """Report what was read."""
        frame = {"type": "read_receipt", "room": self._room, "seq": seq}
        await self.recipient.socket.send(frame)

    async def until_told(self, seq):
        """Wait until the sender was told that so much was read."""
        await self.sender.until_marks(self._room, self._people[1].id, delivered=seq, read=seq)

    async def read_at(self, seq):
        """Return whether the recipient has read a message, and when."""
        members = await self._ask(seq)
        (entry,) = [each for each in members if each["user"] == self._people[1].id]
        assert entry["read"] == (entry["read_at"] is not None)
        return None if entry["read_at"] is None else dt.datetime.fromisoformat(entry["read_at"])

    async def _ask(self, seq):
        """Return what the members have done with a message, as soon as receipts can tell."""
        path = f"/rooms/{self._room}/messages/{seq}"
        headers = {"Authorization": f"Bearer {self._people[0].token}"}
        async with asyncio.timeout(WITHIN_S):
            while (answer := await self._http.get(path, headers=headers)).status_code != OK:
                await asyncio.sleep(LOOK_S)
        return answer.json()["members"]

    def advances(self):
        """Return how often the recipient's watermark was raised."""
        sql = "select count(*) from advance where room_id = %s and user_id = %s"
        return self._world.receipts_rows(sql, self._room, self._people[1].id)[0][0]


@pytest.fixture(scope="module")
def conversations(world, loop):
    """A hundred rooms with two people of their own."""
    people = many_people(world, 2 * EXAMPLES)
    pairs = list(zip(people[:EXAMPLES], people[EXAMPLES:], strict=True))
    rooms = many_rooms(world, pairs, told=True)
    with held_open(loop, world.http(None, service="receipts")) as http:
        yield [Conversation(world, http, *place) for place in zip(pairs, rooms, strict=True)]


def test_each_message_is_read_once_at_its_time_however_it_is_reported(loop, conversations):
    """Feature: whatsapp-messaging-fix, Property 10: Read Receipt System"""
    free = iter(conversations)

    async def play(reports):
        conversation = next(free)
        async with conversation.held():
            await conversation.write()
            told, rises = 0, 0
            times: dict[int, dt.datetime] = {}
            for upto in reports:
                await conversation.read(upto)
                if upto > told:
                    await conversation.until_told(upto)
                    at = await conversation.read_at(upto)
                    assert at is not None
                    times |= dict.fromkeys(range(told + 1, upto + 1), at)
                    told, rises = upto, rises + 1

            assert sorted(times.values()) == [times[seq] for seq in sorted(times)]
            for seq in range(1, MOST + 1):
                assert await conversation.read_at(seq) == times.get(seq)

            await conversation.read(MOST)
            await conversation.until_told(MOST)
            assert conversation.advances() == rises + (told < MOST)

    play_at_once(loop, REPORTS, play)


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
