"""People who write in rooms: at chat where it takes messages, else at the queue."""

import asyncio
import itertools
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from clients.python import parley
from clients.python.parley.pending import Draft
from dev.harness import RunningSuite
from tests.background import repeating
from tests.faults.away import Someone, content_of, stored
from tests.faults.postgres import query
from tests.faults.waiting import until

PACE_S = 0.2

Line = tuple[str, str]
"""A room, and who writes there."""


class Talk:
    """Everybody in every room.

    Attributes:
        sent: client_ids, in the order in which they were written, by line.
        handed_over: those of them that the queue took, likewise.
    """

    def __init__(self, suite: RunningSuite, people: list[Someone], rooms: list[str]) -> None:
        self.people = people
        self.rooms = rooms
        self.sent: defaultdict[Line, list[str]] = defaultdict(list)
        self.handed_over: defaultdict[Line, list[str]] = defaultdict(list)
        self._suite = suite

    @property
    def lines(self) -> Sequence[tuple[Someone, str]]:
        """Who writes where."""
        return list(itertools.product(self.people, self.rooms))

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Let all write inside the block; it ends when what they are sending is taken."""
        async with repeating(*(partial(self._write, sender, room) for sender, room in self.lines)):
            yield

    async def hand_over(self, sender: Someone, room: str) -> None:
        """Let the queue take one more message."""
        client_id = str(uuid.uuid4())
        self.sent[room, sender.id].append(client_id)
        await self._hand_over(sender, room, client_id)

    async def more(self, which: str, count: int = 3) -> None:
        """Wait until everybody has ``sent``, or ``handed_over``, so many more in each room."""
        counted: defaultdict[Line, list[str]] = getattr(self, which)
        wanted = {(room, each.id): count + len(counted[room, each.id]) for each, room in self.lines}
        await until(
            lambda: all(len(counted[line]) >= least for line, least in wanted.items()),
            what=lambda: f"more {which}: {[(len(counted[line]), n) for line, n in wanted.items()]}",
        )

    async def has_arrived(self) -> None:
        """Wait until nothing waits; each message is there once then, as its sender wrote them."""
        for each in self.people:
            await each.until_status(outgoing=0, retry=0)
        for room in self.rooms:
            rows = stored(self._suite, room)
            assert [seq for seq, *_ in rows] == list(range(1, len(rows) + 1))
            for each in self.people:
                written = [client_id for _, sender, client_id in rows if sender == each.id]
                assert written == self.sent[room, each.id]
        dead = "select client_id from queued_message where ending = 'failed' and room_id = any(%s::uuid[])"
        assert query(self._suite.state.database_urls["queue"], dead, self.rooms) == []

    async def _write(self, sender: Someone, room: str) -> None:
        client_id = str(uuid.uuid4())
        self.sent[room, sender.id].append(client_id)
        await self._send(sender, room, client_id)
        await asyncio.sleep(PACE_S)

    async def _send(self, sender: Someone, room: str, client_id: str) -> None:
        # While any of theirs waits in the queue, the next one waits behind it.
        if await _waiting(sender) == 0:
            draft = Draft(room=room, content=content_of(client_id), client_id=client_id)
            with suppress(parley.Unavailable, parley.Timeout):
                await sender.chat.api.send(draft)
                return
        await self._hand_over(sender, room, client_id)

    async def _hand_over(self, sender: Someone, room: str, client_id: str) -> None:
        await sender.hand_over(room, client_id)
        self.handed_over[room, sender.id].append(client_id)


async def _waiting(sender: Someone) -> int:
    status = await sender.status()
    return int(status["outgoing"] + status["retry"])
