"""Feature: whatsapp-messaging-fix, Property 5: Message Status Tracking

Whatever a sender writes, and however the others receive and read it, the sender is shown for each
message what is true of it at that moment: sent, delivered, read; or that it failed.
"""

import asyncio
import contextlib
import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley import frames
from clients.python.parley.core import Core
from clients.python.parley.pending import Draft
from libs.common.clock import instant_of
from services.chat.domain.status import Status, status_of
from services.chat.frames.lowest import lowest
from services.receipts.domain.watermarks import Claim, Watermarks
from tests.integration.chat.client import Client
from tests.properties.at_once import EXAMPLES, play_at_once
from tests.properties.many import many_people, many_rooms

OTHERS = 2
MOST = 4
"""Messages that one example writes."""

SEND, FAIL, DELIVER, READ, REOPEN = "send", "fail", "deliver", "read", "reopen"
STEPS = st.lists(
    st.one_of(
        st.just((SEND, 0, 0)),
        st.just((FAIL, 0, 0)),
        st.just((REOPEN, 0, 0)),
        st.tuples(
            st.sampled_from([DELIVER, READ]), st.integers(0, OTHERS - 1), st.integers(1, MOST)
        ),
    ),
    min_size=1,
    max_size=7,
)


class Conversation:
    """A sender, two others, and what is true of the sender's messages."""

    def __init__(self, world, people, room):
        self._world, self.people, self.room = world, people, room
        self.sender: Client
        self.others: list[Client] = []
        self.head = 0
        self.marks = [(0, 0)] * OTHERS

    @contextlib.asynccontextmanager
    async def held(self):
        """Let everybody be connected inside the block."""
        urls = itertools.cycle(self._world.chats)
        self.sender, *self.others = await asyncio.gather(
            *(Client.open(next(urls), person.token) for person in self.people)
        )
        try:
            yield
        finally:
            await asyncio.gather(*(client.close() for client in (self.sender, *self.others)))

    async def step(self, kind, who, upto):
        if kind == SEND and self.head < MOST:
            answer = await self.sender.say(self.room, "a message")
            assert (answer["status"], answer["seq"]) == ("sent", self.head + 1)
            self.head += 1
        elif kind == FAIL:
            answer = await self.sender.say(self.room, " ")
            assert (answer["type"], answer["code"]) == ("error", "bad_frame")
        elif kind == REOPEN:
            await self.sender.close()
            self.sender = await Client.open(self._world.url, self.people[0].token)
        elif kind in (DELIVER, READ) and upto <= self.head:
            await self._report(kind, who, upto)

    async def _report(self, kind, who, seq):
        frame = "delivered" if kind == DELIVER else "read_receipt"
        await self.others[who].socket.send({"type": frame, "room": self.room, "seq": seq})
        delivered, read = self.marks[who]
        self.marks[who] = (max(delivered, seq), max(read, seq if kind == READ else 0))

    def true(self):
        """Return the status of each message, by the rule."""
        return [status_of(seq, self.marks) for seq in range(1, self.head + 1)]

    def shown(self):
        """Return the same as the sender was told, by ``lowest`` of the newest frame."""
        statuses = self.sender.statuses(self.room)
        (welcomed,) = [each for each in self.sender.welcome["rooms"] if each["id"] == self.room]
        lowest: list[dict[str, Any]] = (statuses[-1] if statuses else welcomed)["lowest"]
        others = [
            (mark["delivered_seq"], mark["read_seq"])
            for mark in lowest
            if mark["user"] != self.people[0].id
        ]
        return [status_of(seq, others) for seq in range(1, self.head + 1)]

    async def until_shown(self):
        await self.sender.until(
            lambda: self.shown() == self.true(), what=f"{self.true()}, not {self.shown()}"
        )

    async def finish(self):
        """Let everybody read everything."""
        for who in range(OTHERS):
            if self.head:
                await self._report(READ, who, self.head)
        await self.until_shown()
        assert set(self.true()) <= {Status.READ}


@pytest.fixture(scope="module")
def conversations(world):
    """A hundred rooms with people of their own."""
    people = many_people(world, EXAMPLES * (1 + OTHERS))
    casts = [people[first::EXAMPLES] for first in range(EXAMPLES)]
    rooms = many_rooms(world, casts, told=True)
    return [Conversation(world, *place) for place in zip(casts, rooms, strict=True)]


def test_the_sender_is_shown_what_is_true_of_each_message(loop, conversations):
    """Feature: whatsapp-messaging-fix, Property 5: Message Status Tracking"""
    free = iter(conversations)

    async def play(steps):
        conversation = next(free)
        async with conversation.held():
            for step in steps:
                await conversation.step(*step)
                await conversation.until_shown()
            await conversation.finish()

    play_at_once(loop, STEPS, play)


# -- the pure core ----------------------------------------------------------------------------

ROOM, ME = "room", "me"
COMPANY = 5
"""Others in the room: more than ``lowest`` names."""
EVERYBODY = COMPANY
TELL = "tell"
NEWS = st.lists(
    st.one_of(
        st.just((SEND, 0, 0)),
        st.just((FAIL, 0, 0)),
        st.tuples(
            st.sampled_from([DELIVER, READ]),
            st.integers(0, COMPANY - 1) | st.just(EVERYBODY),
            st.integers(1, MOST),
        ),
        st.tuples(st.just(TELL), st.integers(0, 30), st.just(0)),
    ),
    min_size=10,
    max_size=40,
)
"""What happens; ``tell`` has one of the frames so far arrive, whichever it is."""
HEIGHTS = [Status.SENT, Status.DELIVERED, Status.READ]


@dataclass(frozen=True)
class Shown:
    """A member, and how far the others know them to be."""

    user: str
    delivered_seq: int = 0
    shown_read_seq: int = 0


class Sender:
    """The core of a sender's client, and the server's view of the room; between them, frames."""

    def __init__(self):
        self.core = Core(random=lambda: 0.5, automatic_receipts=False)
        self.marks = {f"user {number}": Watermarks() for number in range(COMPANY)}
        self.seqs: dict[str, int] = {}
        self.refused: set[str] = set()
        self.sent_frames: list[frames.Status] = []
        room = frames.Room(id=ROOM, lowest=self.lowest())
        self.hear(frames.Welcome(protocol=1, session="s", user=frames.User(id=ME), rooms=[room]))

    def hear(self, frame):
        self.core.receive(frame, 0.0)

    def lowest(self):
        members = [Shown(user, m.delivered_seq, m.shown_read_seq) for user, m in self.marks.items()]
        return [
            frames.Watermark(user=one.user, delivered_seq=one.delivered_seq, read_seq=one.read_seq)
            for one in lowest([*members, Shown(ME)])
        ]

    def write(self, *, is_refused):
        draft = Draft(room=ROOM, content="a message")
        ref = self.core.send(draft, now=0.0, deadline=1e9, is_kept=True)
        assert self.shown(draft.client_id) is Status.PENDING
        if is_refused:
            self.refused.add(draft.client_id)
            self.hear(frames.Error(code="bad_frame", ref=ref, client_id=draft.client_id))
            return
        self.seqs[draft.client_id] = seq = len(self.seqs) + 1
        self.hear(
            frames.Ack(
                client_id=draft.client_id,
                room=ROOM,
                id=f"{ROOM}.{seq}",
                seq=seq,
                created_at=instant_of(0),
                ref=ref,
            )
        )

    def claim(self, kind, who, upto):
        seq = min(upto, len(self.seqs))
        read_seq = seq if kind == READ else 0
        claim = Claim(delivered_seq=seq, read_seq=read_seq, shown_read_seq=read_seq)
        for user in self.marks if who == EVERYBODY else [f"user {who}"]:
            self.marks[user] = self.marks[user].after(claim)
        self.sent_frames.append(frames.Status(room=ROOM, lowest=self.lowest()))

    def shown(self, client_id):
        standing = {one.client_id: one.standing.value for one in self.core.outbox}
        if client_id in standing:
            return Status(standing[client_id])
        return Status(self.core.marks.progress(ROOM, self.seqs[client_id]).value)

    def true(self, client_id):
        marks = [(m.delivered_seq, m.shown_read_seq) for m in self.marks.values()]
        return status_of(self.seqs[client_id], marks)


@settings(max_examples=200, deadline=None)
@given(news=NEWS)
def test_whatever_is_told_and_when_the_shown_status_only_rises_to_the_true_one(news):
    """Feature: whatsapp-messaging-fix, Property 5: Message Status Tracking"""
    sender, before = Sender(), dict[str, Status]()

    for kind, which, upto in news:
        if kind in (SEND, FAIL):
            sender.write(is_refused=kind == FAIL)
        elif kind == TELL and sender.sent_frames:
            sender.hear(sender.sent_frames[which % len(sender.sent_frames)])
        elif kind in (DELIVER, READ):
            sender.claim(kind, which, upto)
        for client_id in sender.seqs:
            shown, true = sender.shown(client_id), sender.true(client_id)
            least = before.get(client_id, Status.SENT)
            assert HEIGHTS.index(least) <= HEIGHTS.index(shown) <= HEIGHTS.index(true)
            before[client_id] = shown

    for frame in sender.sent_frames[-1:]:
        sender.hear(frame)
    assert all(sender.shown(one) is sender.true(one) for one in sender.seqs)
    assert all(sender.shown(one) is Status.FAILED for one in sender.refused)
