"""People, rooms and open sockets in a real suite, made as quickly as a test wants them.

People and rooms are written into the database directly, because hashing passwords is not what
these tests are about; everything else goes through the protocol, with tokens signed by the
suite's own key.
"""

import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg2
from redis import Redis

from dev.harness import UNLIMITED, RunningSuite
from dev.keys import load_secrets
from libs.common.clock import Clock, SystemClock
from libs.common.events import Advance, WatermarksAdvanced, encode
from libs.common.streams.entries import FIELD
from libs.common.streams.names import stream_key
from libs.common.tokens import Issuer
from services.chat.store import RECEIPTS_EVENTS
from tests.integration.chat.client import WITHIN_S, Client, Frame, message_frame
from tests.integration.chat.issuer import AUDIENCE, Issuer as ExternalIssuer, running_issuer
from tests.redis_users import refusals

__all__ = ["WITHIN_S", "Client", "Frame", "Person", "World", "message_frame", "running_world"]

FAST = {**UNLIMITED, "SIGN_IN_SWEEP_S": "1", "TRACE_CALLERS": "true"}
"""Limits that are out of the way of tests that send as fast as they can, and traces of their own."""
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Person:
    """A user who is signed in once."""

    id: str
    username: str
    sid: str
    token: str


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

    @property
    def receipts_database_url(self) -> str:
        """The database of the receipts service."""
        return self.suite.state.database_urls["receipts"]

    def receipts_rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement in the database of receipts; return what it returns."""
        return self.rows_of("receipts", sql, *parameters)

    def rows_of(self, service: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement in the database of a service; return what it returns."""
        connection = psycopg2.connect(self.suite.state.database_urls[service])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, parameters or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

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

    def staff(self) -> Person:
        """Make a user who is staff, and whose token says so."""
        person = self.person("Staff")
        self.rows("update chat_user set is_staff = true where id = %s", person.id)
        token = self.token(person.id, person.sid, person.username, staff=True)
        return Person(person.id, person.username, person.sid, token)

    def token(
        self,
        user: str,
        sid: str,
        name: str = "",
        *,
        clock: Clock | None = None,
        staff: bool = False,
    ) -> str:
        """Sign a token, as of the clock's time."""
        issuer = Issuer(
            self._secrets.token_signing_key,
            verify_keys=self._secrets.token_verify_keys,
            clock=clock or SystemClock(),
        )
        return issuer.issue(sub=user, sid=sid, name=name, staff=staff)

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

    def advance(
        self,
        room: str,
        user: Person,
        delivered: int,
        read: int,
        *,
        shown: int | None = None,
        session: str | None = None,
    ) -> None:
        """Tell chat that somebody's watermarks went up, as the receipts service would."""
        shown_seq = read if shown is None else shown
        at_ms = time.time_ns() // 1_000_000
        advance = Advance(room, user.id, delivered, read, shown_seq, at_ms, session)
        self.tell_advances(advance)

    def tell_advances(self, *advances: Advance) -> None:
        """Put advances on the stream of receipts, in one entry."""
        packed = encode([WatermarksAdvanced(advances=list(advances))])
        with Redis.from_url(self.suite.state.redis_url) as redis:
            redis.xadd(stream_key(RECEIPTS_EVENTS), {FIELD: packed})

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
        self, person: Person | None, *, url: str | None = None, service: str = "chat"
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Make HTTP requests to a service as somebody, or as nobody."""
        headers = {} if person is None else {"Authorization": f"Bearer {person.token}"}
        async with httpx.AsyncClient(
            base_url=f"{url or self.url}/api/{service}", headers=headers, timeout=WITHIN_S
        ) as client:
            yield client


@contextlib.contextmanager
def running_world(run_dir: Path, **env: str) -> Iterator[World]:
    """Start a suite of two chat processes with limits out of the way; stop it afterwards.

    Args:
        run_dir: its folder.
        env: more variables for its services.
    """
    with running_issuer() as issuer:
        external = {
            "EXTERNAL_JWKS_URL": issuer.jwks_url,
            "EXTERNAL_ISSUER": issuer.url,
            "EXTERNAL_AUDIENCE": AUDIENCE,
        }
        suite = RunningSuite.start(run_dir, chat_processes=PROCESSES, env=FAST | external | env)
        try:
            world = World(suite, issuer)
            yield world
            world.close()
            refused = refusals(suite.state.redis_url)
        finally:
            status = suite.stop()
    assert refused == []
    assert status == 0, suite.log
