"""Two people who talk through the gateway while things break, and what is judged afterwards."""

import asyncio
import ssl
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import httpx
import websockets.asyncio.client

from clients.python import parley
from tests.background import in_background, repeating
from tests.waiting import until

PACE_S = 0.1
SEND_WITHIN_S = 90.0
ARRIVES_WITHIN_S = 60.0
PASSWORD = "a long secret of nobody"
CREATE_STAFF = (
    "env",
    f"DJANGO_SUPERUSER_PASSWORD={PASSWORD}",
    *("python", "-m", "services.chat", "createsuperuser", "--no-input"),
)
OPTIONS = parley.Options(reconnect_bases_s=(0.5, 1.0, 2.0), open_timeout_s=60)


class Suite(Protocol):
    """A suite that runs somewhere."""

    @property
    def url(self) -> str:
        """Where its gateway serves http."""

    def query(self, service: str, sql: str) -> list[Any]:
        """Ask a service's database as its administrator; each row is a JSON document."""


@dataclass
class Person:
    """Somebody who is connected.

    Attributes:
        acknowledged: (room, seq) by client_id: what the server said it has.
        received: the client_ids of others' messages, in the order in which they came.
        queued: how many of the acknowledged ones the queue service took.
        lost: how often their WebSocket ended.
    """

    chat: parley.Chat
    acknowledged: dict[str, tuple[str, int]] = field(default_factory=dict)
    received: list[str] = field(default_factory=list)
    queued: int = 0
    lost: int = 0

    async def say(self, room: str, *, by_socket: bool = True) -> None:
        """Write one message and note whether it was acknowledged."""
        client_id = str(uuid.uuid4())
        send = self.chat.send if by_socket else self.chat.post
        try:
            sent = await send(room, client_id, client_id=client_id, timeout_s=SEND_WITHIN_S)
        except parley.NotAcknowledged as error:
            if not error.is_queued:
                raise
            self.queued += 1  # the queue service has it, and promised to hand it on
            self.acknowledged[client_id] = (room, 0)
        else:
            self.acknowledged[client_id] = (sent.room, sent.seq)
        await asyncio.sleep(PACE_S)

    async def watch(self) -> None:
        """Count how often the connection is lost."""
        async for state in self.chat.state_changes():
            self.lost += state is parley.ConnectionState.DISCONNECTED

    async def has_all_of(self, other: "Person") -> None:
        """Wait until everything has come of which the other was told that it is stored."""
        await until(
            lambda: other.acknowledged.keys() <= set(self.received),
            what=lambda: f"{len(other.acknowledged.keys() - set(self.received))} messages",
            within_s=ARRIVES_WITHIN_S,
        )

    async def listen(self) -> None:
        """Note what comes, and read it."""
        async for message in self.chat.messages():
            if message.sender != self.chat.user_id:
                self.received.append(message.client_id)
                self.chat.read(message.room, message.seq)


@dataclass(frozen=True, kw_only=True)
class Couple:
    """Two people and their room."""

    people: tuple[Person, Person]
    room: str

    @property
    def lost(self) -> int:
        """How often their WebSockets ended."""
        return sum(each.lost for each in self.people)

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Let both write inside the block, one over the WebSocket and one over HTTP too."""
        ann, bob = self.people
        async with repeating(
            partial(ann.say, self.room),
            partial(bob.say, self.room),
            partial(bob.say, self.room, by_socket=False),
        ):
            yield

    async def more(self, count: int = 5) -> None:
        """Wait until each has so many more acknowledgements."""
        wanted = [len(each.acknowledged) + count for each in self.people]
        await until(
            lambda: all(
                len(each.acknowledged) >= least
                for each, least in zip(self.people, wanted, strict=True)
            ),
            what=lambda: f"acknowledgements: {[len(each.acknowledged) for each in self.people]}",
            within_s=SEND_WITHIN_S,
        )

    async def all_arrived(self, suite: Suite) -> str:
        """Wait until each has what the other was told is stored, and compare with PostgreSQL.

        Returns:
            What was counted, for people.
        """
        ann, bob = self.people
        await bob.has_all_of(ann)
        await ann.has_all_of(bob)
        rows = await asyncio.to_thread(self._stored, suite)
        by_client_id = {row["client_id"]: row["seq"] for row in rows}
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
        assert len(by_client_id) == len(rows)
        acknowledged = {**ann.acknowledged, **bob.acknowledged}
        lost = acknowledged.keys() - by_client_id.keys()
        assert not lost, f"{len(lost)} acknowledged messages are not in PostgreSQL"
        for client_id, (_, seq) in acknowledged.items():
            assert seq in {0, by_client_id[client_id]}
        for each in self.people:
            assert max(Counter(each.received).values(), default=0) <= 1
        queued = sum(each.queued for each in self.people)
        counted = f"{len(acknowledged)} acknowledged, {queued} of them by queue"
        return f"{len(rows)} stored, {counted}, none lost; {self.lost} reconnections"

    def _stored(self, suite: Suite) -> list[Any]:
        uuid.UUID(self.room)
        return suite.query(
            "chat",
            "select seq, client_id::text from message"  # noqa: S608 - a UUID
            f" where room_id = '{self.room}' order by seq",
        )


@asynccontextmanager
async def couple(url: str, options: parley.Options = OPTIONS) -> AsyncIterator[Couple]:
    """Give two new people who are connected and have a room."""
    name = uuid.uuid4().hex[:8]
    async with AsyncExitStack() as stack:
        people = []
        for who in ("ann", "bob"):
            chat = await registered(url, f"{who}-{name}", options)
            people.append(Person(await stack.enter_async_context(chat)))
        ann, bob = people
        room = await ann.chat.direct_room(bob.chat.user_id)
        for each in people:
            await stack.enter_async_context(in_background(each.listen()))
            await stack.enter_async_context(in_background(each.watch()))
        yield Couple(people=(ann, bob), room=room.id)


async def registered(url: str, name: str, options: parley.Options) -> parley.Chat:
    """Register somebody, or sign them in where an earlier try was heard and not answered."""
    enter: Callable[..., Awaitable[parley.Chat]] = parley.register
    async with asyncio.timeout(SEND_WITHIN_S):
        while True:
            try:
                return await enter(url, name, PASSWORD, options=options)
            except (parley.Timeout, parley.Unavailable):
                await asyncio.sleep(1)
            except parley.BadFrame:  # the name is taken: by themselves
                enter = parley.sign_in


def under_traffic(suite: Suite, deed: Callable[[], str], *, staying: bool = False) -> str:
    """Do something while two people talk; nothing that was acknowledged may be lost.

    Args:
        suite: what they talk through.
        deed: says what was seen.
        staying: whether nobody may lose their WebSocket meanwhile.
    """

    async def whole() -> str:
        async with couple(suite.url) as pair:
            async with pair.talking():
                await pair.more()
                seen = await asyncio.to_thread(deed)
                await pair.more()
            assert pair.lost == 0 or not staying, f"{pair.lost} connections were lost"
            return f"{await pair.all_arrived(suite)}{'; ' if seen else ''}{seen}"

    return asyncio.run(whole())


async def conversation(url: str, options: parley.Options = OPTIONS) -> str:
    """Have two people talk: ticks, presence, history and the queue's status, once each.

    Returns:
        What was seen, for people.
    """
    async with couple(url, options) as pair:
        ann, bob = pair.people
        sent = await ann.chat.send(pair.room, "Hello")
        await until(
            lambda: ann.chat.progress(pair.room, sent.seq) is parley.Progress.READ,
            what="the second tick, in blue",
        )
        posted = await bob.chat.post(pair.room, "Hello yourself")
        page = await ann.chat.api.history(pair.room)
        assert [message.seq for message in page.messages] == [sent.seq, posted.seq]
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            while not await is_online(bob, ann):
                await asyncio.sleep(PACE_S)
        waiting = await bob.chat.api.get_queue_status()
        assert waiting.outgoing == 0
        marks = [one async for one in ann.chat.api.message_receipts(pair.room, sent.seq)]
        assert any(one.user == bob.chat.user_id and one.read for one in marks)
    return "read, over WebSocket and HTTP; online; receipts"


async def away(url: str, options: parley.Options = OPTIONS) -> str:
    """Have one write while the other is not there, and comes back.

    Returns:
        What was seen, for people.
    """
    name = uuid.uuid4().hex[:8]
    bob = await registered(url, f"bob-{name}", options)
    async with await registered(url, f"ann-{name}", options) as ann:
        async with bob:
            room = (await ann.direct_room(bob.user_id)).id
        sent = [await ann.send(room, f"{number} for later") for number in range(3)]
        bob = await parley.sign_in(url, f"bob-{name}", PASSWORD, options=options)
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            while (await bob.api.get_queue_status()).incoming != len(sent):
                await asyncio.sleep(PACE_S)
        assert ann.progress(room, sent[-1].seq) is parley.Progress.SENT
        async with bob:
            came = bob.messages()
            assert [(await anext(came)).seq for _ in sent] == [one.seq for one in sent]
            await until(
                lambda: ann.progress(room, sent[-1].seq) is parley.Progress.DELIVERED,
                what="the second tick",
            )
    return f"{len(sent)} waited, came in order, and have their second tick"


async def traced(url: str, make_staff: Callable[[Sequence[str]], object]) -> str:
    """Have staff ask what became of a message: each service is asked, and answers.

    Args:
        url: of the gateway.
        make_staff: runs a command where a process of chat is.

    Returns:
        What was seen, for people.
    """
    name = f"staff-{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(make_staff, [*CREATE_STAFF, "--username", name])
    async with (
        couple(url) as pair,
        httpx.AsyncClient(base_url=f"{url}/api/chat", timeout=SEND_WITHIN_S) as http,
    ):
        ann, _ = pair.people
        sent = await ann.chat.send(pair.room, "Hello")
        entered = await http.post("/auth/token", json={"username": name, "password": PASSWORD})
        token = entered.raise_for_status().json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            while True:
                answer = await http.get(f"/rooms/{pair.room}/messages/{sent.seq}/trace")
                told = answer.raise_for_status().json()
                (recipient,) = told["recipients"]
                if recipient["read_at"] and recipient["presence"] == "online":
                    break
                await asyncio.sleep(PACE_S)
    assert "not answer" not in answer.text
    return str(told["summary"])


async def is_online(person: Person, observer: Person) -> bool:
    """Ask presence, as one who shares a room with somebody, whether they are there."""
    (seen,) = await observer.chat.api.presence([person.chat.user_id])
    return seen.status == "online"


def trusting(certificate: str) -> parley.Options:
    """Return options of a client that trusts one certificate and no other."""
    context = ssl.create_default_context(cafile=certificate)

    async def open_socket(base_url: str, **arguments: Any) -> parley.Socket:
        path, token = arguments.get("path", "/ws/chat/"), arguments["token"]
        connection = await websockets.asyncio.client.connect(
            f"ws{base_url.removeprefix('http')}{path}",
            ssl=context,
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            ping_interval=None,
        )
        return parley.Socket(connection)

    return parley.Options(
        transport=httpx.AsyncHTTPTransport(verify=context), open_socket=open_socket
    )
