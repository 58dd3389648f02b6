"""People who talk on a real suite while a test breaks it; in the end all is held together.

Chats (the Python client) come back and repair by themselves; listeners do neither.
"""

import asyncio
import contextlib
import logging
import os
import signal
import uuid
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from clients.python import parley
from dev.harness import RunningSuite
from tests.background import repeating
from tests.faults.judging.history import GaveUp, StoredMessage
from tests.faults.judging.messages import check, outcomes
from tests.faults.listener import Listener
from tests.faults.noted_socket import noting
from tests.faults.notes import Notes
from tests.faults.poller import Poller
from tests.faults.postgres import heads_of, messages_of, outbox_rows
from tests.faults.prober import Prober
from tests.faults.waiting import WITHIN_S, until

PASSWORD = "correct horse battery"
PACE_S = 0.02
WORKERS = 3
SEND_WITHIN_S = 60.0
COME_BACK_S = (0.2,) * 200
AGAIN_S = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pair:
    """Two people in a room, and a listener of the second at each process of chat."""

    ann: parley.Chat
    bob: parley.Chat
    room: str
    listeners: Sequence[Listener]

    @property
    def places(self) -> Sequence[tuple[parley.Chat, str]]:
        """Who may talk where."""
        return [(self.ann, self.room), (self.bob, self.room)]


class Stage:
    """The people, rooms and notes of one test, and their traffic."""

    def __init__(
        self, suite: RunningSuite, stack: AsyncExitStack, *, gateway_url: str | None = None
    ) -> None:
        self.suite = suite
        self.notes = Notes()
        self.database_url = suite.state.database_urls["chat"]
        self.urls = [f"http://127.0.0.1:{one.port}" for one in suite.state.of("chat")]
        self._gateway_url = gateway_url or suite.state.gateway_url
        self._stack = stack
        self._rooms: list[str] = []
        self._chats: list[parley.Chat] = []

    @property
    def rooms(self) -> list[str]:
        """All rooms that were opened here."""
        return list(self._rooms)

    # -- people ---------------------------------------------------------------------------------

    async def join(self, url: str | None = None) -> parley.Chat:
        """Register somebody and connect them, through the gateway where no ``url`` is given."""
        chat = await self._somebody_new(url)
        await self._stack.enter_async_context(chat)
        self._chats.append(chat)
        await self.spawn(self._watch(chat))
        return chat

    async def account(self) -> tuple[parley.Chat, str]:
        """Register somebody who is not connected; return their id, too."""
        chat = await self._somebody_new(None)
        self._stack.push_async_callback(chat.close)
        mine = await chat.api.request("GET", "/api/chat/auth/session")
        return chat, str(mine.json()["user"]["id"])

    async def visitor(self, token: str) -> parley.Chat:
        """Return one more client of somebody, for the caller to enter and leave."""
        return await parley.with_token(self._gateway_url, token, self._options)

    @property
    def chats(self) -> Sequence[parley.Chat]:
        """Who is connected, and comes back by themselves."""
        return self._chats

    @property
    def _options(self) -> parley.Options:
        return parley.Options(reconnect_bases_s=COME_BACK_S, open_socket=noting(self.notes))

    async def _somebody_new(self, url: str | None) -> parley.Chat:
        async with asyncio.timeout(WITHIN_S):
            while True:
                name = f"p{uuid.uuid4().hex[:12]}"
                # A password costs much to hash, and a busy machine answers that it has no time;
                # and a breaker that an earlier test opened may be about to close.
                with contextlib.suppress(parley.Timeout, parley.Unavailable):
                    return await parley.register(
                        url or self._gateway_url, name, PASSWORD, options=self._options
                    )
                await asyncio.sleep(AGAIN_S)

    async def room_with(self, one: parley.Chat, person: str) -> str:
        """Open the direct room of somebody and a person who need not be there."""
        room = (await one.direct_room(person)).id
        self._rooms.append(room)
        return room

    async def group_of(self, owner: parley.Chat, others: Sequence[parley.Chat]) -> str:
        """Open a group; return when all were told of it."""
        room = (await owner.group_room("Us", [each.user_id for each in others])).id
        self._rooms.append(room)
        await until(
            lambda: all(room in each.rooms for each in (owner, *others)), what="all to be told"
        )
        return room

    async def room_of(self, one: parley.Chat, other: parley.Chat) -> str:
        """Open the direct room of two people; return when both were told of it."""
        room = await self.room_with(one, other.user_id)
        await until(lambda: room in one.rooms and room in other.rooms, what="both to be told")
        return room

    async def pair(self) -> Pair:
        """Let two people join, and one of them listen at each process."""
        ann, bob = await self.join(), await self.join()
        room = await self.room_of(ann, bob)
        return Pair(ann, bob, room, [await self.listen(bob, url) for url in self.urls])

    async def listen(self, chat: parley.Chat, url: str | None = None) -> Listener:
        """Open one more session of somebody, which only listens."""
        listener = Listener(self.notes, await self._socket(chat, url))
        await listener.open()
        await self.spawn(listener.run())
        return listener

    async def poller(self, other: parley.Chat) -> Poller:
        """Register somebody without a socket, who reads and writes in a room with another."""
        chat, user = await self.account()
        poller = Poller(self.notes, chat, user=user, room=await self.room_with(other, user))
        await self.spawn(poller.read())
        return poller

    async def raw(self, chat: parley.Chat, url: str | None = None) -> parley.Socket:
        """Open one more session of somebody that the test itself drives; after ``welcome``."""
        socket = await self._socket(chat, url)
        await socket.receive_type("welcome")
        return socket

    async def prober(self, chat: parley.Chat, room: str) -> Prober:
        """Open one more session of somebody, which asks the server to take messages."""
        return Prober(self.notes, await self.raw(chat), user=chat.user_id, room=room)

    # -- traffic --------------------------------------------------------------------------------

    async def say(self, chat: parley.Chat, room: str, more: str = "") -> int | None:
        """Send a message, as often as it takes; return its seq, None where it is unknown.

        Args:
            chat: whose.
            room: where.
            more: stands at the end of the message.
        """
        client_id = str(uuid.uuid4())
        content = f"message {client_id}{more}"
        self.notes.invoked(room, chat.user_id, client_id, content)
        try:
            sent = await chat.send(room, content, client_id=client_id, timeout_s=SEND_WITHIN_S)
        except parley.NotAcknowledged as error:
            self.notes.history.add(GaveUp(client_id, error.is_queued))
            return None
        self.notes.acked(client_id, sent.seq)
        return sent.seq

    @asynccontextmanager
    async def traffic(
        self, *places: tuple[parley.Chat, str], workers: int = WORKERS, pace_s: float = PACE_S
    ) -> AsyncIterator[None]:
        """Let people talk in rooms inside the block; it ends when every send has its outcome."""
        talks = [partial(self._talk, chat, room, pace_s) for chat, room in places * workers]
        async with repeating(*talks):
            yield

    async def acks(self, count: int) -> None:
        """Wait for so many more acknowledgements from now on."""
        wanted = self.notes.acks + count
        await until(
            lambda: self.notes.acks >= wanted,
            what=lambda: f"{wanted - self.notes.acks} of {count} more acks",
        )

    # -- faults ---------------------------------------------------------------------------------

    @asynccontextmanager
    async def hung(self, service: str) -> AsyncIterator[None]:
        """Hang a service inside the block, beside the event loop."""
        await asyncio.to_thread(self.suite.pause, service)
        try:
            yield
        finally:
            await asyncio.to_thread(self.suite.resume, service)

    @asynccontextmanager
    async def stopped(self, service: str) -> AsyncIterator[None]:
        """Keep a service down inside the block, beside the event loop."""
        await asyncio.to_thread(self.suite.stop_service, service)
        try:
            yield
        finally:
            await asyncio.to_thread(self.suite.start_service, service)

    @asynccontextmanager
    async def killed(self, service: str) -> AsyncIterator[None]:
        """Kill a service, and keep it down inside the block."""
        await asyncio.to_thread(self.suite.stop_service, service, with_signal=signal.SIGKILL)
        try:
            yield
        finally:
            await asyncio.to_thread(self.suite.start_service, service)

    @asynccontextmanager
    async def hung_process(self, url: str) -> AsyncIterator[None]:
        """Hang one process of chat inside the block; its sockets stay open."""
        pid = self.suite.process("chat", index=self.urls.index(url)).pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    async def kill(self, url: str) -> None:
        """Kill the process of chat at this address, waiting for it where it is coming back."""
        await asyncio.to_thread(self.suite.wait_until_ready, "chat")
        await asyncio.to_thread(self.suite.kill, "chat", index=self.urls.index(url))

    def outbox_rows(self) -> int:
        """Count the rows of the outbox."""
        return outbox_rows(self.database_url)

    async def until_held(self, chat: parley.Chat, room: str, seq: int) -> None:
        """Wait until somebody misses nothing of a room up to this seq."""
        await until(
            lambda: chat.cursor(room) >= seq,
            what=lambda: f"{chat.user_id} at {chat.cursor(room)} of {room} to reach {seq}",
        )

    # -- the end --------------------------------------------------------------------------------

    def heads(self) -> dict[str, int]:
        """Read ``last_seq`` of all rooms."""
        return heads_of(self.database_url, self._rooms)

    def stored(self) -> list[StoredMessage]:
        """Read all messages of all rooms."""
        return messages_of(self.database_url, self._rooms)

    async def until_settled(self, *listeners: Listener) -> None:
        """Wait until everybody has everything."""
        heads = await asyncio.to_thread(self.heads)
        for listener in listeners:
            for room in heads.keys() & listener.rooms:
                await listener.until_reached(room, heads[room])
        await until(lambda: self._everything_is_shown(heads), what="the chats to show everything")

    async def settle(self, *listeners: Listener, what: str) -> None:
        """Wait until everybody has everything, then hold all notes against PostgreSQL."""
        await self.until_settled(*listeners)
        heads = await asyncio.to_thread(self.heads)
        stored = await asyncio.to_thread(self.stored)
        counts, ack_s = dict(outcomes(self.notes.history)), self.notes.slowest_ack_s()
        log.info("%s: %s; the slowest ack came after %.2f s", what, counts, ack_s)
        broken = check(self.notes.history, stored, heads)
        assert broken == [], broken

    def _everything_is_shown(self, heads: dict[str, int]) -> bool:
        mine = {chat.user_id: heads.keys() & chat.rooms.keys() for chat in self._chats}
        return all(
            len(self.notes.history.received(user)) == sum(heads[room] for room in rooms)
            for user, rooms in mine.items()
        )

    async def _socket(self, chat: parley.Chat, url: str | None) -> parley.Socket:
        token = await chat.credentials.bearer()
        socket = await parley.Socket.open(url or self._gateway_url, token=token)
        self._stack.callback(socket.abort)
        return socket

    async def _talk(self, chat: parley.Chat, room: str, pace_s: float) -> None:
        await self.say(chat, room)
        await asyncio.sleep(pace_s)

    async def _watch(self, chat: parley.Chat) -> None:
        async for message in chat.messages(own=True):
            self.notes.received(chat.user_id, msgspec.structs.asdict(message))

    async def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something until the test ends; a bug in it fails the test."""
        task = asyncio.create_task(work)
        self._stack.push_async_callback(_end, task)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
