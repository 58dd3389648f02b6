"""A core and a model of the server, between them a network that loses, repeats and reorders."""

import itertools
from typing import Any

import msgspec
from hypothesis import given, settings, strategies as st

from clients.python.parley import commands, frames
from clients.python.parley.core import Core
from clients.python.parley.errors import Timeout, Unavailable
from clients.python.parley.outcomes import Sent
from clients.python.parley.pending import Draft, Request, Road
from tests.unit.clients.python import fakes

PAGE = 3
STEPS = (
    "send",
    "bob writes",
    "deliver",
    "deliver another",
    "repeat",
    "hear",
    "refuse",
    "replay",
    "replay a part",
    "receive elsewhere",
    "hear request",
    "lose request",
    "lose answer",
    "disconnect",
    "connect",
    "wait",
)


class Model:
    """One room on a server, one core as its client, and the frames between the two."""

    def __init__(self) -> None:
        self.now = 0.0
        self.core = Core(random=lambda: 0.0)
        self.log: list[dict[str, Any]] = []
        self.delivered = 0
        self.up: list[commands.Command] = []
        self.requests: list[Request] = []
        self.queued: list[Draft] = []
        self.down: list[frames.ServerFrame] = []
        self.yielded: list[frames.Message] = []
        self.outcomes: list[Any] = []
        self.numbers = itertools.count()
        self.connect()

    def step(self, name: str) -> None:
        getattr(self, name.replace(" ", "_"))()
        self.collect()

    def collect(self) -> None:
        output = self.core.take_output()
        if self.core.online:
            self.up += output.commands
        self.requests += output.requests
        self.yielded += output.messages
        if output.looks:
            self.core.outbox.looked(self.now, chat=True, queue=True)
        self.outcomes += [settled.outcome for settled in output.settled]

    def connect(self) -> None:
        if not self.core.online:
            head = fakes.room("r", last_seq=len(self.log), delivered_seq=self.delivered)
            me = {"id": "me"}
            welcome = {"protocol": 1, "session": "s", "user": me, "rooms": [head]}
            self.core.receive(msgspec.convert(welcome, frames.Welcome), self.now)

    def replay(self) -> None:
        """Let the queue service send all that no device of this user has reported as received."""
        self.replay_a_part(of=1)
        if self.core.online:
            self.down.append(frames.Drained(count=len(self.log) - self.delivered))

    def replay_a_part(self, of: int = 2) -> None:
        """Let it send the first part of that, and die."""
        if self.core.online:
            missed = range(self.delivered + 1, len(self.log) + 1)
            self.down += [self.message(seq) for seq in missed[: -(-len(missed) // of)]]

    def receive_elsewhere(self) -> None:
        """Let another device of this user receive everything, so that no replay brings it."""
        self.delivered = len(self.log)

    def disconnect(self) -> None:
        self.core.disconnected(self.now)
        self.up.clear()
        self.down.clear()

    def wait(self) -> None:
        self.now += 0.6
        self.core.tick(self.now)

    def send(self) -> None:
        draft = Draft(room="r", content=str(next(self.numbers)))
        self.core.send(draft, now=self.now, deadline=1e9)

    def bob_writes(self) -> None:
        self.store("bob", f"bob {next(self.numbers)}", "text")
        if self.core.online:
            self.down.append(self.message(len(self.log)))

    def deliver(self) -> None:
        if self.down:
            self.core.receive(self.down.pop(0), self.now)

    def deliver_another(self) -> None:
        if self.down:
            self.core.receive(self.down.pop(), self.now)

    def repeat(self) -> None:
        if self.down:
            self.core.receive(self.down[0], self.now)

    def refuse(self) -> None:
        """Refuse the oldest command; receipts are never refused."""
        if self.up and not isinstance(self.up[0], commands.Delivered):
            ref = getattr(self.up.pop(0), "ref", None)
            self.down.append(frames.Error(code="unavailable", ref=ref, retry_after=1))

    def hear_request(self) -> None:
        """Let chat or the queue service answer the oldest request."""
        if not self.requests:
            return
        request = self.requests.pop(0)
        if request.road is Road.QUEUE:
            self.queued.append(request.draft)
            self.core.outbox.queued(request, self.now)
        else:
            seq = self.store("me", request.draft.client_id, request.draft.content)
            self.core.posted(request, self.message(seq), self.now, duplicate=False)

    def lose_request(self) -> None:
        if self.requests:
            self.core.outbox.missed(self.requests.pop(0), Unavailable(), self.now)

    def lose_answer(self) -> None:
        """Let the oldest request do what it asks for, and nobody learn of it."""
        if self.requests:
            request = self.requests.pop(0)
            if request.road is Road.HTTP:
                self.store("me", request.draft.client_id, request.draft.content)
            self.core.outbox.missed(request, Timeout(), self.now)

    def submit(self) -> None:
        """Let the queue service submit the oldest message that it keeps."""
        if self.queued:
            draft = self.queued.pop(0)
            seq = self.store("me", draft.client_id, draft.content)
            self.acknowledge_stored(seq, None)

    def hear(self) -> None:
        """Let the server answer the oldest command."""
        if not self.up:
            return
        match self.up.pop(0):
            case commands.SendMessage() | commands.Retry() as command:
                self.acknowledge(command)
            case commands.Sync() as command:
                self.synced(command)
            case commands.Delivered(seq=seq):
                assert seq <= len(self.log)
                self.delivered = max(self.delivered, seq)

    def acknowledge(self, command: Any) -> None:
        seq = self.store("me", command.client_id, command.content)
        self.acknowledge_stored(seq, command.ref)

    def acknowledge_stored(self, seq: int, ref: str | None) -> None:
        stored = self.message(seq)
        if self.core.online:
            self.down.append(
                frames.Ack(
                    client_id=stored.client_id,
                    room="r",
                    id=stored.id,
                    seq=seq,
                    created_at=stored.created_at,
                    ref=ref,
                )
            )

    def synced(self, command: commands.Sync) -> None:
        first = command.cursors["r"] + 1
        last = min(first + PAGE - 1, len(self.log))
        self.down += [self.message(seq) for seq in range(first, last + 1)]
        entry = frames.SyncedRoom(
            room="r", first_seq=first, last_seq=last, has_more=last < len(self.log)
        )
        self.down.append(frames.Synced(rooms=[entry], ref=command.ref))

    def store(self, sender: str, client_id: str, content: str) -> int:
        for entry in self.log:
            if (entry["sender"], entry["client_id"]) == (sender, client_id):
                return int(entry["seq"])
        seq = len(self.log) + 1
        entry = fakes.message("r", seq, sender)
        self.log.append({**entry, "client_id": client_id, "content": content})
        return seq

    def message(self, seq: int) -> frames.Message:
        return msgspec.convert(self.log[seq - 1], frames.Message)

    def calm_down(self) -> None:
        """Let everything arrive on a connection that works, until nothing is left to do."""
        self.step("connect")
        for _ in range(1000):
            if not (self.up or self.down or self.requests or self.core.busy):
                return
            for name in ("hear", "hear request", "submit", "deliver"):
                self.step(name)
            if not (self.up or self.down or self.requests):
                self.step("wait")
        raise AssertionError("the client does not come to rest")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=60))
def test_whatever_happens_each_message_is_stored_and_given_out_once_and_in_order(steps):
    model = Model()

    for name in steps:
        model.step(name)
    model.calm_down()

    stored = [model.message(seq) for seq in range(1, len(model.log) + 1)]
    assert model.yielded == stored
    assert model.core.rooms.gaps == []
    assert model.delivered == len(stored)
    assert len(model.outcomes) == steps.count("send")
    for sent in model.outcomes:
        assert isinstance(sent, Sent)
        assert stored[sent.seq - 1].client_id == sent.client_id


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["send", "hear", "deliver", "disconnect", "connect", "wait"])))
def test_lost_connections_do_not_change_the_order_of_own_messages(steps):
    model = Model()

    for name in steps:
        model.step(name)
    model.calm_down()

    assert [entry["content"] for entry in model.log] == [str(n) for n in range(len(model.log))]
