"""Feature: whatsapp-messaging-fix, Property 5: Message Status Tracking

Whatever a sender writes, and however the others receive and read it, the sender is shown for each
message what is true of it at that moment: sent, delivered, read; or that it failed.
"""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from services.chat.domain.status import Status, status_of
from tests.integration.chat.client import Client

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

    def __init__(self, world, loop):
        self._world, self._loop = world, loop
        self.people = world.people(1 + OTHERS)
        self.room = world.room(*self.people)
        world.tell(self.room)
        self.sender, *self.others = (
            loop.run(Client.open(world.chats[number % 2], person.token))
            for number, person in enumerate(self.people)
        )
        self.base = 0

    def close(self):
        for client in (self.sender, *self.others):
            self._loop.run(client.close())

    def begin(self):
        """Begin an example: nothing of the earlier ones is open."""
        self.head = self.base
        self.marks = [(self.base, self.base)] * OTHERS

    async def step(self, kind, who, upto):
        if kind == SEND and self.head < self.base + MOST:
            answer = await self.sender.say(self.room, "a message")
            assert (answer["status"], answer["seq"]) == ("sent", self.head + 1)
            self.head += 1
        elif kind == FAIL:
            answer = await self.sender.say(self.room, " ")
            assert (answer["type"], answer["code"]) == ("error", "bad_frame")
        elif kind == REOPEN:
            await self.sender.close()
            self.sender = await Client.open(self._world.url, self.people[0].token)
        elif kind in (DELIVER, READ) and self.base + upto <= self.head:
            await self._report(kind, who, self.base + upto)

    async def _report(self, kind, who, seq):
        frame = "delivered" if kind == DELIVER else "read_receipt"
        await self.others[who].socket.send({"type": frame, "room": self.room, "seq": seq})
        delivered, read = self.marks[who]
        self.marks[who] = (max(delivered, seq), max(read, seq if kind == READ else 0))

    def true(self):
        """Return the status of each message of the example, by the rule."""
        return [status_of(seq, self.marks) for seq in range(self.base + 1, self.head + 1)]

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
        return [status_of(seq, others) for seq in range(self.base + 1, self.head + 1)]

    async def until_shown(self):
        await self.sender.until(
            lambda: self.shown() == self.true(), what=f"{self.true()}, not {self.shown()}"
        )

    async def finish(self):
        """Let everybody read everything: the next example begins above."""
        for who in range(OTHERS):
            if self.head > self.base:
                await self._report(READ, who, self.head)
        await self.until_shown()
        assert set(self.true()) <= {Status.READ}
        self.base = self.head


@pytest.fixture(scope="module")
def conversation(world, loop):
    conversation = Conversation(world, loop)
    yield conversation
    conversation.close()


@given(STEPS)
@settings(max_examples=100, deadline=None)
def test_the_sender_is_shown_what_is_true_of_each_message(conversation, loop, steps):
    """Feature: whatsapp-messaging-fix, Property 5: Message Status Tracking"""

    async def play():
        conversation.begin()
        for step in steps:
            await conversation.step(*step)
            await conversation.until_shown()
        await conversation.finish()

    loop.run(play())
