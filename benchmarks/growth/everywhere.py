"""The load of ``growth``: people who write to each other in all the rooms that they share.

They come as one entry a room, each with one connection for all their rooms. When they have written,
some open a room and some ask what they missed, one after the other: what that takes is told as
``history page`` and ``sync``.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import SystemRandom
from time import monotonic_ns

import httpx
import msgspec

from benchmarks.load.dialects import Heard
from benchmarks.load.line import Line
from benchmarks.load.pace import until_ns
from benchmarks.load.people import Somebody
from benchmarks.load.stage import Stage
from benchmarks.load.talker import Talker
from benchmarks.scenarios.pairs import Pairs
from benchmarks.scenarios.talking import settle

HISTORY, SYNC = "history page", "sync"
SYNCED_WITHIN_S = 30.0
_CHANCE = SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Everywhere(Pairs):
    """People who write in all their rooms, in no order, and then read some of them.

    With a rate of 0 they are only there.

    Attributes:
        reads: rooms that are read afterwards.
    """

    rate: float = 400.0
    seconds: float = 10.0
    read_after: float = -1.0
    reads: int = 200

    async def play(self, stage: Stage) -> None:
        """Connect all, let them write, wait for what is on its way, and let some read."""
        talkers = list(await self.talkers(stage))
        _CHANCE.shuffle(talkers)
        window = await stage.begin(self.warm_up, self.seconds)
        await stage.in_turn(talkers, Talker.say, rate=self.rate, warm_up=self.warm_up)
        await until_ns(window.end_ns)  # where nobody writes
        await settle(stage, talkers)
        await self._read_some(stage, [talker.line.person for talker in talkers[: self.reads]])

    async def talkers(self, stage: Stage) -> Sequence[Talker]:
        """Connect everybody once; return one talker for each of their rooms."""
        once = {each.user: each for each in stage.people}
        lines = await stage.connect(list(once.values()))
        rooms: dict[str, list[str]] = {}
        for each in stage.people:
            rooms.setdefault(each.user, []).append(each.room)
        found = []
        for line in lines:
            parts = {room: RoomLine(line, room) for room in rooms[line.person.user]}
            deal(line, parts)
            found += [
                Talker(each, stage.tally, others=stage.others_in(each.person), chars=self.chars)
                for each in parts.values()
            ]
        return found

    async def _read_some(self, stage: Stage, people: Sequence[Somebody]) -> None:
        lines = {line.person.user: line for line in stage.lines}
        async with httpx.AsyncClient(base_url=stage.urls[0]) as client:
            for each in people:
                try:
                    await _read(stage, client, lines[each.user], each.room)
                except (httpx.HTTPError, TimeoutError):
                    stage.tally.counts["lost readings"] += 1


class RoomLine(Line):
    """Somebody's line, as one of their rooms sees it."""

    def __init__(self, line: Line, room: str) -> None:
        super().__init__(msgspec.structs.replace(line.person, room=room), type(line.dialect))
        self.welcome = line.welcome
        self._line = line

    def send(self, frame: bytes) -> None:
        """Send it on the line."""
        self._line.send(frame)


def deal(line: Line, parts: Mapping[str, RoomLine]) -> None:
    """Let each room hear its frames, and what is of no room one of them."""
    first = next(iter(parts.values()))

    def hear(heard: Heard) -> None:
        parts.get(heard.room, first).on_heard(heard)

    line.on_heard = hear
    line.on_lost = lambda close_code: first.on_lost(close_code)


async def _read(stage: Stage, client: httpx.AsyncClient, line: Line, room: str) -> None:
    """Read the newest page of a room, and then the same once more by ``sync``."""
    headers = {"Authorization": f"Bearer {line.person.token}"}
    began_ns = monotonic_ns()
    answer = await client.get(f"/api/chat/rooms/{room}/messages", headers=headers)
    page = answer.raise_for_status().json()["messages"]
    stage.tally.took(HISTORY, monotonic_ns() - began_ns)
    if not page:
        return
    synced = asyncio.Event()
    line.on_heard = lambda heard: synced.set() if heard.type == "synced" else None
    began_ns = monotonic_ns()
    line.send(line.dialect.frame("sync", cursors={room: page[0]["seq"] - 1}))
    async with asyncio.timeout(SYNCED_WITHIN_S):
        await synced.wait()
    stage.tally.took(SYNC, monotonic_ns() - began_ns)
