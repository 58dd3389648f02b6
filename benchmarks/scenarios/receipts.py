"""The scenario ``receipts``: of each pair one has written, and the other receives and reads it."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic_ns

from benchmarks.load.author import Author
from benchmarks.load.dialects import Heard
from benchmarks.load.line import Line
from benchmarks.load.outcome import Outcome
from benchmarks.load.pace import until
from benchmarks.load.stage import Stage
from benchmarks.load.tally import Tally
from benchmarks.scenarios.pairs import pairs_of

KINDS = ("delivered", "read_receipt")
SETTLE_S = 5.0
"""How long the last receipts may still take."""


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """For each message a ``delivered`` and then a ``read_receipt``, evenly spread over time.

    Attributes:
        connections: how many people are there.
        rate: receipts a second, of all together.
        seconds: for how long it counts.
        warm_up: seconds before that, which do not count.
    """

    connections: int = 200
    rate: float = 2000.0
    seconds: float = 10.0
    warm_up: float = 1.0

    def rooms(self) -> Sequence[int]:
        """Return a room for every two."""
        return pairs_of(self.connections)

    async def play(self, stage: Stage) -> None:
        """Fill the rooms, report at the rate, and wait for the last."""
        lines = {each.person.user: each for each in await stage.connect(stage.people)}
        readers = []
        for one, other in zip(stage.people[::2], stage.people[1::2], strict=True):
            if one.user in lines and other.user in lines:
                author = Author(lines[one.user], stage.tally)
                readers.append(Reader(lines[other.user], stage.tally, author))
        count = self.rate / stage.parts * (self.seconds + self.warm_up)
        each = int(count / (len(KINDS) * max(1, len(readers)))) + 1
        await asyncio.gather(*(reader.fill(each) for reader in readers))
        await stage.begin(self.warm_up, self.seconds)
        await stage.in_turn(readers, Reader.report, rate=self.rate, warm_up=self.warm_up)
        await until(lambda: not sum(each.waiting for each in readers), within_s=SETTLE_S)
        stage.tally.counts["lost receipts"] = sum(reader.waiting for reader in readers)

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return of how many receipts authors were told, in how many frames, and what one costs."""
        counts = outcome.tally.counts
        return {
            "receipts_per_s": round(outcome.in_window("receipts told") / outcome.window_s),
            "status_per_receipt": round(counts["status"] / max(1, counts["receipts"]), 2),
            "cpu_ms_per_receipt": outcome.cpu_ms_per("receipts told"),
        }


@dataclass(slots=True)
class Reader:
    """Somebody who reports one message after the other, as delivered and then as read.

    Attributes:
        author: who is to be told.
    """

    line: Line
    tally: Tally
    author: Author
    _turn: int = 0
    _base: int = 0
    _open: "defaultdict[str, deque[tuple[int, int]]]" = field(
        default_factory=lambda: defaultdict(deque)
    )

    async def fill(self, messages: int) -> None:
        """Let the author write so many; from then on listen to what they are told."""
        self._base = self.author.line.head
        await self.author.write([self.line.person.room] * messages)
        self.author.line.on_heard = self._hear

    def report(self, due_ns: int) -> None:
        """Tell that the next message is there, or was read."""
        turn, kind = divmod(self._turn, len(KINDS))
        self._turn += 1
        seq = self._base + turn + 1
        self._open[KINDS[kind]].append((seq, due_ns))
        self.tally.counts["receipts"] += 1
        self.line.send(self.line.dialect.frame(KINDS[kind], room=self.line.person.room, seq=seq))

    @property
    def waiting(self) -> int:
        """Receipts of which the author was not told."""
        return sum(map(len, self._open.values()))

    def _hear(self, heard: Heard) -> None:
        if heard.type == "error":
            self.tally.counts[f"error {heard.code}"] += 1
        if heard.type != "status":
            return
        self.tally.counts["status"] += 1
        for mark in heard.lowest:
            if mark.user == self.line.person.user:
                self._take("delivered", mark.delivered_seq)
                self._take("read_receipt", mark.read_seq)

    def _take(self, kind: str, seq: int) -> None:
        waiting = self._open[kind]
        while waiting and waiting[0][0] <= seq:
            self.tally.counts["receipts told"] += 1
            self.tally.late(kind, waiting.popleft()[1], monotonic_ns())
