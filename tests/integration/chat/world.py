"""People, rooms and open sockets in a real suite, made as quickly as a test wants them.

People and rooms are written into the database directly, because hashing passwords is not what
these tests are about; everything else goes through the protocol, with tokens signed by the
suite's own key.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import psycopg2

from clients.python.parley import Closed, Socket
from dev.harness import RunningSuite
from dev.keys import load_secrets
from libs.common.clock import Clock, SystemClock
from libs.common.tokens import Issuer
from tests.integration.chat.issuer import AUDIENCE, Issuer as ExternalIssuer, running_issuer

WITHIN_S = 10.0
"""How long anything may take; far above what it does, so that a slow machine fails nothing."""
FAST = {"MESSAGES_PER_S": "100000", "MESSAGES_BURST": "100000", "SIGN_IN_SWEEP_S": "1"}
"""Limits that are out of the way of tests that send as fast as they can."""
PROCESSES = 2

Frame = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """A user who is signed in once."""

    id: str
    username: str
    sid: str
    token: str


class Client:
    """One open socket that keeps every frame it was sent. ``welcome`` has been read."""

    def __init__(self, socket: Socket, welcome: Frame) -> None:
        self.socket = socket
        self.welcome = welcome
        self.frames: list[Frame] = []
        self.close_code: int | None = None
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, token: str) -> Self:
        """Connect with a bearer token and read ``welcome``."""
        socket = await Socket.open(url, token=token)
        try:
            return cls(socket, await socket.receive_type("welcome", WITHIN_S))
        except BaseException:
            await socket.close()
            raise

    @property
    def heads(self) -> dict[str, int]:
        """The rooms of ``welcome`` and their heads."""
        return {room["id"]: room["last_seq"] for room in self.welcome["rooms"]}

    def messages(self, room: str) -> list[Frame]:
        """Return the messages of a room so far, as they came."""
        return [f for f in self.frames if f["type"] == "message" and f["room"] == room]

    def seqs(self, room: str) -> list[int]:
        """Return the seqs of a room's messages so far, as they came."""
        return [message["seq"] for message in self.messages(room)]

    async def ask(self, frame: Mapping[str, Any]) -> Frame:
        """Send a frame and return the answer that repeats its ``ref``."""
        ref = str(uuid.uuid4())
        await self.socket.send({**frame, "ref": ref})
        return await self.until(
            lambda: next((f for f in self.frames if f.get("ref") == ref), None),
            what=f"the answer to {frame['type']}",
        )

    async def say(self, room: str, content: str, **more: Any) -> Frame:
        """Send a message and return its ``ack`` or ``error``."""
        return await self.ask(message_frame(room, content, **more))

    async def sync(self, cursors: Mapping[str, int]) -> tuple[list[Frame], list[Frame]]:
        """Return the messages that ``sync`` brings, and the rooms of ``synced``."""
        start = len(self.frames)
        answer = await self.ask({"type": "sync", "cursors": dict(cursors)})
        end = self.frames.index(answer)
        return [f for f in self.frames[start:end] if f["type"] == "message"], answer["rooms"]

    async def until(
        self, found: Callable[[], T | None], *, what: str, within_s: float = WITHIN_S
    ) -> T:
        """Wait until ``found`` returns something true, looking again after each frame.

        Raises:
            TimeoutError: it does not, or the socket was closed before.
        """
        async with asyncio.timeout(within_s):
            while not (result := found()):
                if self._reader.done():
                    raise TimeoutError(f"closed ({self.close_code}) without {what}")
                self._news.clear()
                await self._news.wait()
        return result

    async def until_seqs(self, room: str, count: int) -> list[int]:
        """Wait for so many messages of a room; return their seqs as they came."""
        await self.until(
            lambda: len(self.messages(room)) >= count, what=f"{count} messages of {room}"
        )
        return self.seqs(room)

    async def until_type(self, kind: str) -> Frame:
        """Wait for a frame of a type; return the first one."""
        return await self.until(
            lambda: next((f for f in self.frames if f["type"] == kind), None), what=kind
        )

    async def until_closed(self) -> int | None:
        """Wait until the server has closed the socket; return the close code."""
        async with asyncio.timeout(WITHIN_S):
            await self._reader
        return self.close_code

    async def close(self) -> None:
        """Close the socket."""
        await self.socket.close()
        await self._reader

    async def _read(self) -> None:
        try:
            while True:
                self.frames.append(await self.socket.receive(timeout_s=3600))
                self._news.set()
        except Closed as closed:
            self.close_code = closed.close_code
            self._news.set()


class World:
    """A running suite with two processes of chat, and what tests do to it."""

    def __init__(self, suite: RunningSuite, issuer: ExternalIssuer) -> None:
        state = suite.state
        self.suite = suite
        self.issuer = issuer
        self.url = state.gateway_url
        self.database_url = state.database_urls["chat"]
        self.chats = [f"http://127.0.0.1:{process.port}" for process in state.of("chat")]
        self._secrets = load_secrets(suite.run_dir)
        self._connection = psycopg2.connect(self.database_url)
        self._connection.autocommit = True

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    # The database ---------------------------------------------------------------------------

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own; return what it returns."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Any]:
        """Give a cursor of another connection, in a transaction that is open until the end."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    @contextlib.contextmanager
    def changed(self, *, do: str, undo: str) -> Iterator[None]:
        """Change the database's schema inside the block."""
        self.rows(do)
        try:
            yield
        finally:
            self.rows(undo)

    # People and rooms -----------------------------------------------------------------------

    def person(self, display_name: str = "Somebody") -> Person:
        """Make a user who is signed in."""
        user, sid = str(uuid.uuid4()), str(uuid.uuid4())
        username = f"p{user[:8]}{sid[:8]}"
        self.rows(
            "insert into chat_user (id, username, display_name, password, is_active, is_staff,"
            " is_superuser) values (%s, %s, %s, '!', true, false, false)",
            *(user, username, display_name),
        )
        self.rows(
            "insert into sign_in (id, user_id, session_key, user_agent) values (%s, %s, '', '')",
            *(sid, user),
        )
        return Person(user, username, sid, self.token(user, sid, username))

    def people(self, count: int) -> list[Person]:
        """Make some users."""
        return [self.person(f"Person {number}") for number in range(count)]

    def token(self, user: str, sid: str, name: str = "", *, clock: Clock | None = None) -> str:
        """Sign a token, as of the clock's time."""
        issuer = Issuer(
            self._secrets.token_signing_key,
            verify_keys=self._secrets.token_verify_keys,
            clock=clock or SystemClock(),
        )
        return issuer.issue(sub=user, sid=sid, name=name, staff=False)

    def room(self, *members: Person, name: str = "A room", joined_seq: int = 0) -> str:
        """Make a group room; nobody is told of it."""
        room = str(uuid.uuid4())
        self.rows(
            "insert into room (id, kind, name, open_history, version, last_seq)"
            " values (%s, 'group', %s, false, 1, 0)",
            *(room, name),
        )
        for member in members:
            self.rows(
                "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
                " values (%s, %s, 'member', %s, %s, %s)",
                *(room, member.id, joined_seq, joined_seq, joined_seq),
            )
        return room

    def tell(self, *rooms: str) -> None:
        """Have everybody told of rooms that were made here: ``room.changed``."""
        for room in rooms:
            self.rows(
                "insert into outbox (event, subjects, first_seqs, last_seqs)"
                " values ('room.changed', array[%s::uuid], '{}', '{}')",
                room,
            )

    def fill(self, room: str, author: Person, count: int, *, age: str = "0 s") -> None:
        """Put messages ``1`` … ``count`` into an empty room."""
        self.rows(
            "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
            " select %s, n, %s, gen_random_uuid(), 'number ' || n, now() - %s::interval"
            " from generate_series(1, %s) n",
            *(room, author.id, age, count),
        )
        self.rows("update room set last_seq = %s where id = %s", count, room)

    def stored(self, room: str) -> list[tuple[Any, ...]]:
        """Return (seq, client_id, content, created_at) of a room's messages, by seq."""
        return self.rows(
            "select seq, client_id::text, content, created_at from message"
            " where room_id = %s order by seq",
            room,
        )

    # The protocol ---------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def client(self, person: Person, *, url: str | None = None) -> AsyncIterator[Client]:
        """Open a socket for as long as the block lasts, through the gateway by default."""
        client = await Client.open(url or self.url, person.token)
        try:
            yield client
        finally:
            await client.close()

    @contextlib.asynccontextmanager
    async def clients(
        self, people: Sequence[Person], *, each: int = 1
    ) -> AsyncIterator[list[Client]]:
        """Open sockets for people, one process of chat after the other."""
        async with contextlib.AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(
                    self.client(person, url=self.chats[number % len(self.chats)])
                )
                for number, person in enumerate(list(people) * each)
            ]

    @contextlib.asynccontextmanager
    async def http(
        self, person: Person | None, *, url: str | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Make HTTP requests as somebody, or as nobody."""
        headers = {} if person is None else {"Authorization": f"Bearer {person.token}"}
        async with httpx.AsyncClient(
            base_url=(url or self.url) + "/api/chat", headers=headers, timeout=WITHIN_S
        ) as client:
            yield client


def message_frame(room: str, content: str, **more: Any) -> Frame:
    """Return a ``message`` frame, with a client_id of its own where none is given."""
    return {
        "type": "message",
        "room": room,
        "client_id": str(uuid.uuid4()),
        "content": content,
        **more,
    }


@contextlib.contextmanager
def running_world(run_dir: Path) -> Iterator[World]:
    """Start a suite of two chat processes with limits out of the way; stop it afterwards."""
    with running_issuer() as issuer:
        external = {
            "EXTERNAL_JWKS_URL": issuer.jwks_url,
            "EXTERNAL_ISSUER": issuer.url,
            "EXTERNAL_AUDIENCE": AUDIENCE,
        }
        suite = RunningSuite.start(run_dir, chat_processes=PROCESSES, env=FAST | external)
        try:
            world = World(suite, issuer)
            yield world
            world.close()
        finally:
            status = suite.stop()
    assert status == 0, suite.log
