"""People who hear of others' presence, and those of whom they hear."""

import asyncio
from dataclasses import dataclass, field
from time import monotonic_ns

import msgspec

from benchmarks.load.dialects import Heard
from benchmarks.load.line import CannotOpen, Line
from benchmarks.load.pace import NS_PER_S
from benchmarks.load.people import Somebody
from benchmarks.load.stage import Stage
from benchmarks.load.tally import Tally


class Seen(msgspec.Struct, gc=False):
    """How somebody is seen."""

    id: str
    status: str


_SEEN = msgspec.json.Decoder(list[Seen])

Expected = dict[str, tuple[str, int]]
"""The status that somebody has since a time, by user; only this process's people."""


@dataclass(slots=True)
class Watcher:
    """Somebody who hears of others; a change counts once, when it is first heard of."""

    person: Somebody
    tally: Tally
    expected: Expected
    contacts: int
    seen: dict[str, str] = field(default_factory=dict)
    knows_all: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, heard: Heard) -> None:
        """Take a frame."""
        if heard.type == "presence":
            self.tally.counts["frames"] += 1
            for each in _SEEN.decode(heard.users):
                self._take(each)
            if sum(status == "online" for status in self.seen.values()) >= self.contacts:
                self.knows_all.set()
        elif heard.type == "error":
            self.tally.counts[f"error {heard.code}"] += 1

    def _take(self, other: Seen) -> None:
        if other.id == self.person.user or self.seen.get(other.id) == other.status:
            return
        self.seen[other.id] = other.status
        status, due_ns = self.expected.get(other.id, ("", 0))
        if status == other.status:
            self.tally.counts["told"] += 1
            self.tally.late(status, due_ns, monotonic_ns())


@dataclass(slots=True)
class Changing:
    """Somebody who looks away and back, or leaves and comes back."""

    stage: Stage
    expected: Expected
    line: Line
    watcher: Watcher
    state: str = "active"

    def toggle(self, due_ns: int) -> None:
        """Look away, or back."""
        if not self.line.is_open:
            return
        self.state = "away" if self.state == "active" else "active"
        self._expect("away" if self.state == "away" else "online", due_ns)
        self.line.send(self.line.dialect.frame("activity", state=self.state))

    async def leave(self, due_ns: int, gone_s: float) -> None:
        """Leave in order, and come back a while later."""
        if not self.line.is_open:
            return
        self._expect("offline", due_ns)
        await self.line.close()
        await asyncio.sleep(gone_s)
        self.state = "active"
        self._expect("online", due_ns + int(gone_s * NS_PER_S))
        try:
            self.line = await self.stage.open(self.line.person, on_heard=self.watcher.hear)
        except CannotOpen as error:
            self.stage.tally.counts[f"not opened: {error}"] += 1

    def _expect(self, status: str, due_ns: int) -> None:
        self.expected[self.line.person.user] = (status, due_ns)
        self.stage.tally.counts["changes"] += 1
