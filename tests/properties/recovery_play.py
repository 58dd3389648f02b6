"""A server as one user's client sees it, with a network that fails as it is told to.

Everything happens in the time of the running loop. What is counted here is counted by the server's
own rules, not by the client's.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

import httpx

from clients.python import parley
from tests.properties.quick_time import LoopClock
from tests.unit.clients.python import fakes
from tests.unit.clients.python.sockets import FakeSocket

ROOMS = ("r", "t")
PAGE = 2
"""Messages of a room that one ``sync`` brings."""
UNDER_WAY_S = 0.1
"""How long a frame of the client is under way; it is lost where the connection ends before."""
LATE_S = 0.4
"""How late a frame may be, so that later ones overtake it."""
PATIENCE_S = 2.0
"""From here on a replay that does not come, or does not go on, has ended."""
FOR_EVER_S = 3600.0
"""Longer than any play takes."""
SETTLED_S = 60.0
"""Longer than everything takes that begins with a connection."""


@dataclass(frozen=True)
class Refusal:
    """A try to connect that fails: nobody is there, or nobody says ``welcome``."""

    how: str


@dataclass(frozen=True)
class Life:
    """A connection.

    Attributes:
        lasts_s: from ``welcome`` to its end.
        close_code: by which it ends; 1006 is a lost network.
        replay: ``all`` with ``drained`` behind it, the first ``half`` and then no more, or ``none``.
        offered_after_s: when the replay begins.
        pace_s: between two replayed messages.
        is_received_elsewhere: another device receives what waits, so that no replay brings it.
    """

    lasts_s: float
    close_code: int
    replay: str
    offered_after_s: float
    pace_s: float
    is_received_elsewhere: bool


@dataclass
class Outage:
    """The time between a connection, or a failed try, and the next try."""

    close_code: int
    lived_s: float | None
    began_at: float
    ended_at: float = 0.0


class Session(FakeSocket):
    """One connection at the server, from the accepted handshake on."""

    def __init__(self, server, life):
        super().__init__(self._hear)
        self.server = server
        self.life = life
        self.commands: deque[dict[str, Any]] = deque()
        self.welcomed_at = None
        self.heads = {}
        self.last_replay_at = 0.0
        self.is_drained = False
        self.replayed = set()
        self.synced = set()
        self.too_early = []

    def begin(self):
        loop = asyncio.get_running_loop()
        self.welcomed_at = self.last_replay_at = loop.time()
        self.heads = {room: self.server.head(room) for room in ROOMS}
        self.welcome(*self.server.rooms())
        if self.life.is_received_elsewhere:
            for room in ROOMS:
                self.server.receive(room, self.server.head(room))
        if self.life.replay != "none":
            self.server.spawn(self._replay())
        loop.call_later(self.life.lasts_s, self.end, self.life.close_code)

    def end(self, close_code=1006):
        if self.is_open:
            now = asyncio.get_running_loop().time()
            lived_s = None if self.welcomed_at is None else now - self.welcomed_at
            self.server.outages.append(Outage(close_code, lived_s, now))
        super().end(close_code)

    def tell(self, entry):
        self.say(type="message", **entry)

    async def _replay(self):
        """Send what no device has reported, as it was written, all of it or half."""
        await asyncio.sleep(self.life.offered_after_s)
        missed = [one for one in self.server.log if one["seq"] > self.server.delivered[one["room"]]]
        if self.life.replay == "half":
            missed = missed[: len(missed) // 2]
        for entry in missed:
            if self.is_open:
                self.tell(entry)
                self._note_replayed(entry)
            await asyncio.sleep(self.life.pace_s)
        if self.life.replay == "all":
            self.say(type="drained", count=len(missed))
            self.is_drained = True

    def _note_replayed(self, entry):
        self.replayed.add(entry["id"])
        if entry["seq"] <= self.heads[entry["room"]]:  # what is above them looks like a live one
            self.last_replay_at = asyncio.get_running_loop().time()

    def _hear(self, frame):
        """Take what the client writes, in order, a moment later; or never, where that is the end."""
        if frame["type"] == "sync":
            self._note_sync(frame)
        self.commands.append(frame)
        asyncio.get_running_loop().call_later(UNDER_WAY_S, self._take)

    def _take(self):
        frame = self.commands.popleft()
        if not self.is_open:
            return
        match frame["type"]:
            case "ping":
                self.say(type="pong")
            case "delivered":
                self.server.receive(frame["room"], frame["seq"])
            case "sync":
                self.server.later(self._answer_sync, frame)
            case "message" | "retry":
                self._acknowledge(frame)

    def _note_sync(self, frame):
        silence_s = asyncio.get_running_loop().time() - self.last_replay_at
        if not self.is_drained and silence_s < PATIENCE_S - 1e-6:
            self.too_early.append((frame, silence_s))

    def _answer_sync(self, frame):
        rooms = []
        for room, cursor in frame["cursors"].items():
            head = self.server.head(room)
            last = min(cursor + PAGE, head)
            for entry in self.server.of(room)[cursor:last]:
                self.tell(entry)
                self.synced.add(entry["id"])
            more = last < head
            rooms.append({"room": room, "from": cursor + 1, "to": last, "has_more": more})
        self.say(type="synced", rooms=rooms, ref=frame["ref"])

    def _acknowledge(self, frame):
        entry = self.server.store(frame["room"], "me", frame["client_id"], frame["content"])
        names = ("client_id", "room", "id", "seq", "created_at")
        answer = {name: entry[name] for name in names}
        answer |= {"status": "sent", "duplicate": False, "ref": frame["ref"]}
        self.server.later(lambda: self.say(type="ack", **answer))


class Server:
    """What is stored, and which tries to connect meet which fate; the last one is steady."""

    def __init__(self, fates, rng):
        self.fates = list(fates)
        self.rng = rng
        self.log = []
        self.delivered = dict.fromkeys(ROOMS, 0)
        self.begins = None
        self.sessions = []
        self.outages = []
        self.steady = asyncio.Event()
        self._tasks = set()

    def of(self, room):
        return [entry for entry in self.log if entry["room"] == room]

    def head(self, room):
        return len(self.of(room))

    def receive(self, room, seq):
        self.delivered[room] = max(self.delivered[room], seq)

    def rooms(self):
        if self.begins is None:
            self.begins = dict(self.delivered)
        return [
            fakes.room(room, last_seq=self.head(room), delivered_seq=self.delivered[room])
            for room in ROOMS
        ]

    async def open(self, *_args, **_how):
        """Meet the next fate."""
        now = asyncio.get_running_loop().time()
        if self.outages:
            self.outages[-1].ended_at = now
        fate = self.fates.pop(0)
        if not self.fates:
            self.steady.set()
        if fate == Refusal("nobody there"):
            self.outages.append(Outage(1006, None, now))
            raise parley.Unavailable("cannot connect")
        session = Session(self, fate)
        self.sessions.append(session)
        if isinstance(fate, Life):
            session.begin()
        elif fate == Refusal("closes"):
            session.end(4503)
        return session

    def bob_writes(self, room):
        entry = self.store(room, "bob", f"b{len(self.log)}", f"bob {len(self.log)}")
        for session in self.sessions[-1:]:
            if session.welcomed_at is not None:
                self.later(session.tell, entry)

    def store(self, room, sender, client_id, content):
        for entry in self.log:
            if (entry["sender"], entry["client_id"]) == (sender, client_id):
                return entry
        entry = fakes.message(room, self.head(room) + 1, sender)
        entry |= {"client_id": client_id, "content": content}
        self.log.append(entry)
        return entry

    def later(self, call, *what):
        asyncio.get_running_loop().call_later(self.rng.uniform(0, LATE_S), call, *what)

    def spawn(self, job):
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Web(fakes.Web):
    """The HTTP side lets one sign in, and is as good as down otherwise."""

    def handle(self, request):
        if f"{request.method} {request.url.path}" in self.answers:
            return super().handle(request)
        return httpx.Response(503, json={"code": "unavailable", "status": 503})


@dataclass
class Played:
    """What came of a play: the server, what was given out, written, and passed through."""

    server: Server
    given: list[parley.Message]
    written: list[tuple[str, str]]
    states: list[str]


async def play(fates, *, before, bob, me, rng):
    """Live through the fates of one client.

    Args:
        fates: of its tries to connect, of which the last one is for ever.
        before: in which rooms Bob wrote before the first of them.
        bob: how long he waits each time before he writes, and where.
        me: the same of the client's own user, who does not care whether there is a connection.
        rng: of the jitter, and of what overtakes what.
    """
    server = Server(fates, rng)
    for room in before:
        server.bob_writes(room)
    options = parley.Options(
        clock=LoopClock(),
        random=rng.random,
        open_timeout_s=FOR_EVER_S,
        transport=httpx.MockTransport(Web().handle),
        open_socket=server.open,
    )
    chat = await parley.sign_in("http://127.0.0.1:1", "alice", "secret", options)
    states = chat.state_changes()
    played = Played(server, [], [(room, f"mine {at}") for at, (_, room) in enumerate(me)], [])
    async with asyncio.TaskGroup() as jobs:
        writing = (
            jobs.create_task(_bob_writes(server, bob)),
            jobs.create_task(_i_write(chat, [pause_s for pause_s, _ in me], played.written)),
        )
        async with chat:
            jobs.create_task(_read(chat, played.given))
            async with asyncio.timeout(FOR_EVER_S):
                await asyncio.gather(*writing)
                await server.steady.wait()
            await asyncio.sleep(SETTLED_S)
            await server.stop()
    played.states += [state.value async for state in states]
    return played


async def _bob_writes(server, bob):
    for pause_s, room in bob:
        await asyncio.sleep(pause_s)
        server.bob_writes(room)


async def _i_write(chat, pauses_s, written):
    async with asyncio.TaskGroup() as sends:
        for pause_s, (room, content) in zip(pauses_s, written, strict=True):
            await asyncio.sleep(pause_s)
            sends.create_task(chat.send(room, content, timeout_s=FOR_EVER_S))


async def _read(chat, given):
    async for message in chat.messages(own=True):
        given.append(message)
