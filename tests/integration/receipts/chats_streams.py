"""What a test writes onto the streams of chat, and what the service then keeps and answers."""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from redis import Redis

from libs.common.events import Event, Receipt, ReceiptsReported, encode
from libs.common.streams.entries import FIELD, read_entries
from libs.common.streams.names import dead_letter_key, stream_key
from services.receipts.store import CHAT_RECEIPTS, CHAT_ROOMS, GROUP
from tests.integration.chat.world import WITHIN_S, Person, World

Marks = tuple[int, int, int]
"""What was received, read, and shown as read."""


class ChatsStreams:
    """Writes what chat writes, for rooms of the test's own, and waits for what comes of it."""

    def __init__(self, world: World, redis: Redis) -> None:
        self.world = world
        self.redis = redis
        self._written: list[tuple[str, Any]] = []

    def forget_all(self) -> None:
        """Take back what was written, and what was buried: other readers could not bear it."""
        for key, entry_id in self._written:
            self.redis.xdel(key, entry_id)
            self.redis.delete(dead_letter_key(key, GROUP))

    def receipts(self, *receipts: Receipt) -> None:
        """Report receipts, in one entry."""
        self.put(CHAT_RECEIPTS, ReceiptsReported(receipts=list(receipts)))

    def rooms(self, *events: Event) -> None:
        """Tell of rooms, in one entry."""
        self.put(CHAT_ROOMS, *events)

    def put(self, stream: str, *events: Event) -> None:
        """Write events, in one entry."""
        self.raw(stream, {FIELD: encode(events)})

    def raw(self, stream: str, fields: dict[Any, Any]) -> None:
        """Write an entry as it is."""
        key = stream_key(stream)
        self._written.append((key, self.redis.xadd(key, fields)))

    def buried(self, stream: str) -> list[Mapping[bytes, bytes]]:
        """Return the fields of the service's dead letters on a stream."""
        letters = self.redis.xrange(dead_letter_key(stream_key(stream), GROUP))
        return [entry.fields for entry in read_entries(letters)]

    def marks(self, room: str, user: str) -> Marks:
        """Return the watermarks of a member; zeros where none are kept."""
        rows = self.world.receipts_rows(
            "select delivered_seq, read_seq, shown_read_seq from watermark"
            " where room_id = %s and user_id = %s",
            *(room, user),
        )
        return rows[0] if rows else (0, 0, 0)

    def known_by_chat(self, room: str, user: str) -> Marks:
        """Return the watermarks of a member as chat's projection has them."""
        ((found,),) = self.world.rows(
            "select (delivered_seq, read_seq, coalesce(shown_read_seq, read_seq))::text from member"
            " where room_id = %s and user_id = %s and left_seq is null",
            *(room, user),
        )
        delivered_seq, read_seq, shown_seq = map(int, found.strip("()").split(","))
        return delivered_seq, read_seq, shown_seq

    async def until_marks(self, room: str, user: str, wanted: Marks) -> None:
        """Wait until the service has brought a member there."""
        await until(lambda: self.marks(room, user), lambda marks: marks == wanted)

    async def until_known(self, room: str, *, version: int = 1) -> None:
        """Wait until the service knows who is in a room."""
        await until(
            lambda: self.world.receipts_rows("select version from room where id = %s", room),
            lambda rows: rows == [(version,)],
        )

    async def told(self, asker: Person, path: str) -> tuple[int, Any]:
        """Return the status and the answer of the service over HTTP."""
        async with self.world.http(asker, service="receipts") as http:
            answer = await http.get(f"/rooms/{path}")
        return answer.status_code, answer.json()

    async def shown(self, asker: Person, room: str) -> dict[str, tuple[int, int]]:
        """Return the watermarks of a room as a member is told of them."""
        status, body = await self.told(asker, room)
        assert status == 200, body
        return {each["user"]: (each["delivered_seq"], each["read_seq"]) for each in body["members"]}


@contextmanager
def chats_streams(world: World) -> Iterator[ChatsStreams]:
    """Connect to the streams of a suite."""
    with closing(Redis.from_url(world.suite.state.redis_url)) as redis:
        yield ChatsStreams(world, redis)


async def until(
    ask: Callable[[], Any], holds: Callable[[Any], object] = bool, *, within_s: float = WITHIN_S
) -> None:
    """Ask until the answer is as wanted; fail with the last one."""
    answer: Any = None
    try:
        async with asyncio.timeout(within_s):
            while not holds(answer := await asyncio.to_thread(ask)):
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"after {within_s:g} s it is still {answer!r}") from None


def new_ids(count: int) -> Sequence[str]:
    """Return ids that nobody else uses."""
    return [str(uuid.uuid4()) for _ in range(count)]
