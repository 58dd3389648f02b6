"""Feature: whatsapp-messaging-fix, Property 18: Concurrent Operation Safety

Whatever is sent at the same time, from wherever and however often, each message is stored once, at
one place of its room's order, without gaps; and order survives locks, refusals and lost answers.
"""

import asyncio
import contextlib
import itertools
import uuid
from typing import Any

import httpx
import pytest
from hypothesis import given, settings, strategies as st

from libs.common.clock import ManualClock
from libs.common.errors import BadFrame
from libs.common.postgres import ConnectionLost
from services.chat.domain.drafts import Draft, Stored
from services.chat.writer.committer import Committer
from services.chat.writer.waiting import WaitingLine
from tests.properties.at_once import held_open
from tests.unit.chat.writer.fake_lane import FakeLane, SerializationFailure

operations = st.lists(
    st.tuples(
        st.integers(0, 1),  # who
        st.integers(0, 2),  # which of three client_ids
        st.sampled_from(["this", "that"]),
        st.integers(0, 3),  # where: socket or HTTP, of the first or the second process
    ),
    min_size=1,
    max_size=12,
)


class Pair:
    """Two people in a room, each with a session and with HTTP at both processes."""

    def __init__(self, room, people, clients, https):
        self.room, self.people = room, [person.id for person in people]
        # Of the first person, at either process, and then of the second.
        self.clients, self.https = clients, https

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, world):
        """Keep all of that open inside the block."""
        people = world.people(2)
        room = world.room(*people)
        places = list(itertools.product(people, world.chats))
        async with contextlib.AsyncExitStack() as stack:
            enter = stack.enter_async_context
            clients = [await enter(world.client(person, url=url)) for person, url in places]
            https = [await enter(world.http(person, url=url)) for person, url in places]
            yield cls(room, people, clients, https)

    async def send(self, who, client_id, content, where):
        """Return (seq, was it there before), or the error's code."""
        place = 2 * who + where % 2
        if where < 2:
            client = self.clients[place]
            answer = await client.say(self.room, content, client_id=client_id)
            if answer["type"] == "error":
                return answer["code"]
            return answer["seq"], answer["duplicate"]
        body = {"client_id": client_id, "content": content}
        answer = await self.https[place].post(f"/rooms/{self.room}/messages", json=body)
        if answer.is_error:
            return answer.json()["code"]
        return answer.json()["seq"], answer.status_code == httpx.codes.OK


@pytest.fixture(scope="module")
def pair(world, loop):
    with held_open(loop, Pair.open(world)) as pair:
        yield pair


@settings(max_examples=100, deadline=None)
@given(operations=operations)
def test_whatever_is_sent_at_once_each_message_is_stored_once(world, loop, pair, operations):
    """Feature: whatsapp-messaging-fix, Property 18: Concurrent Operation Safety"""
    ids = [str(uuid.uuid4()) for _ in range(3)]
    before = len(world.stored(pair.room))

    async def send_all():
        return await asyncio.gather(
            *(pair.send(who, ids[which], what, where) for who, which, what, where in operations)
        )

    answers = loop.run(send_all())

    rows = world.rows(
        "select sender_id::text, client_id::text, content, seq, created_at from message"
        " where room_id = %s order by seq",
        pair.room,
    )
    new = {(sender, client_id): (what, seq) for sender, client_id, what, seq, _ in rows[before:]}
    times = [row[4] for row in rows]
    assert [row[3] for row in rows] == list(range(1, len(rows) + 1))
    assert times == sorted(times)
    assert len(rows) - before == len({(who, which) for who, which, *_ in operations}) == len(new)
    firsts = []
    for (who, which, what, _), answer in zip(operations, answers, strict=True):
        stored, seq = new[pair.people[who], ids[which]]
        if what == stored:
            assert answer in {(seq, False), (seq, True)}
            firsts += [seq] if answer == (seq, False) else []
        else:
            assert answer == "client_id_reused"
    assert sorted(firsts) == [seq for _, seq in new.values()]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 2)),
        st.tuples(st.just("lock"), st.integers(0, 2)),
        st.tuples(st.just("free"), st.integers(0, 2)),
        st.tuples(st.just("poison"), st.integers(0, 2)),
        st.tuples(st.just("write"), st.sampled_from(["well", "refused", "lost", "lost after"])),
        st.tuples(st.just("patience"), st.integers(0, 2)),
    ),
    max_size=40,
)


class LossyLane(FakeLane):
    """A lane whose next answer may be lost, before or after COMMIT."""

    fate = "well"

    async def write(self, drafts, *, wait, published):
        fate, self.fate = self.fate, "well"
        if fate == "refused":
            raise SerializationFailure
        if fate == "lost":
            raise ConnectionLost("before COMMIT")
        answer = await super().write(drafts, wait=wait, published=published)
        if fate == "lost after":
            raise ConnectionLost("after COMMIT")
        return answer


class Desk:
    """The writer's parts without its loop, driven step by step."""

    def __init__(self):
        self.lane: Any = LossyLane()
        self.line = WaitingLine()
        self.sent = {}  # room: contents in order
        self.outcomes = {}
        self.announced: list[str] = []
        self.committer = Committer(
            self.line,
            clock=ManualClock(),
            on_written=lambda written: self.announced.extend(
                draft.content for run in written.runs for draft in run.drafts
            ),
            take_published=list,
            put_back_published=lambda rows: None,
        )

    def send(self, room, *, poison=False):
        sent = self.sent.setdefault(room, [])
        content = f"{room}.{len(sent)}"
        sent.append(content)
        if poison:
            self.lane.poison.add(content)

        def reply(outcome):
            assert content not in self.outcomes
            self.outcomes[content] = outcome

        self.line.join(Draft(room, "sender", content, content), reply, now_s=0.0)

    async def write(self, fate="well"):
        """Do what the writer does with a batch."""
        self.lane.fate = fate
        batch = self.line.take_batch()
        if not batch:
            return
        try:
            await self.committer.write(self.lane, batch, wait=False)
        except (SerializationFailure, ConnectionLost):
            self.line.put_back(batch)

    async def wait_for(self, room):
        """Do what the writer does with a room that stays locked: one try, then back in line."""
        locked = self.line.locked.get(room)
        if locked is None or not locked.waiting:
            return
        locked.patient = True
        batch, locked.waiting = locked.waiting, []
        try:
            await self.committer.write(self.lane, batch, wait=True)
        except (SerializationFailure, ConnectionLost):
            locked.waiting[:0] = [waiting for waiting in batch if not waiting.done]
        self.line.rejoin(room)

    async def run(self, steps):
        for step, what in steps:
            room = f"room {what}"
            match step:
                case "send" | "poison":
                    self.send(room, poison=step == "poison")
                case "lock":
                    self.lane.locked.add(room)
                case "free":
                    self.lane.locked.discard(room)
                case "write":
                    await self.write(what)
                case "patience":
                    await self.wait_for(room)
        self.lane.locked.clear()
        while len(self.line):
            await self.write()


@settings(max_examples=300, deadline=None)
@given(steps=steps)
def test_order_survives_locks_poison_refusals_and_lost_answers(steps):
    """Feature: whatsapp-messaging-fix, Property 18: Concurrent Operation Safety"""
    desk = Desk()

    asyncio.run(desk.run(steps))

    for room, sent in desk.sent.items():
        good = [content for content in sent if content not in desk.lane.poison]
        assert [draft.content for draft in desk.lane.stored.get(room, [])] == good
        for seq, content in enumerate(good, start=1):
            outcome = desk.outcomes[content]
            assert isinstance(outcome, Stored)
            assert outcome.seq == seq
    for content in desk.lane.poison:
        assert isinstance(desk.outcomes[content], BadFrame)
    assert len(desk.announced) == len(set(desk.announced))
