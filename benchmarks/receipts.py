"""The scenario ``receipts``: of each pair one has written, and the other receives and reads it.

For each message a ``delivered`` and then a ``read_receipt``, evenly spread over time; a receipt has
arrived when the author's socket is told of it in a ``status`` frame.
"""

import asyncio
import contextlib
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from benchmarks.report import ReceiptsReport, cpu_seconds
from benchmarks.talkers import Talker, close_all, connect_pairs

SETTLE_S = 5.0
"""How long the last receipts may still take."""
IN_FLIGHT = 20
"""Messages of one author without an ``ack``, while rooms are filled."""
KINDS = ("delivered", "read_receipt")

Waiting = deque[tuple[int, int]]
"""Receipts of one kind in one room, as (seq, number), of which the author was not told yet."""


@dataclass(slots=True)
class Load:
    """A load of evenly spaced receipts on pairs of users."""

    url: str
    pairs: int
    rate_per_s: float
    seconds: float
    _due: list[float] = field(default_factory=list)
    _told: dict[int, float] = field(default_factory=dict)
    _waiting: dict[tuple[str, str], Waiting] = field(default_factory=lambda: defaultdict(deque))
    _status_frames: int = 0
    _status_bytes: int = 0
    _all_told: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, processes: Sequence[tuple[str, int]]) -> ReceiptsReport:
        """Connect everybody, fill the rooms, report at the rate, wait for the last."""
        talkers = await connect_pairs(self.url, self.pairs)
        authors, readers = talkers[::2], talkers[1::2]
        each = -(-self._count // (len(KINDS) * self.pairs))
        await asyncio.gather(*(self._fill(author, each) for author in authors))
        ears = [asyncio.create_task(self._listen(author)) for author in authors]
        ears += [asyncio.create_task(self._pass_over(reader)) for reader in readers]
        before = {name: cpu_seconds(pid) for name, pid in processes}
        await self._report(readers)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_told.wait(), SETTLE_S)
        used = {name: cpu_seconds(pid) - before[name] for name, pid in processes}
        for ear in ears:
            ear.cancel()
        await close_all(talkers)
        return ReceiptsReport(
            due=self._due,
            told=self._told,
            status_frames=self._status_frames,
            status_bytes=self._status_bytes,
            cpu_s=used,
        )

    @property
    def _count(self) -> int:
        return round(self.rate_per_s * self.seconds)

    async def _fill(self, author: Talker, messages: int) -> None:
        """Let an author write; return when everything is acknowledged."""
        written = acked = 0
        while acked < messages:
            while written < messages and written - acked < IN_FLIGHT:
                written += 1
                frame = {
                    "type": "message",
                    "room": author.room,
                    "client_id": str(uuid.uuid4()),
                    "content": "How are you today?",
                }
                await author.socket.send(msgspec.json.encode(frame).decode())
            acked += msgspec.json.decode(await author.socket.recv())["type"] == "ack"

    async def _report(self, readers: Sequence[Talker]) -> None:
        began = time.perf_counter()
        for number in range(self._count):
            due = began + number / self.rate_per_s
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            turn, place = divmod(number, len(readers))
            seq, kind = turn // len(KINDS) + 1, KINDS[turn % len(KINDS)]
            reader = readers[place]
            self._due.append(due)
            self._waiting[reader.room, kind].append((seq, number))
            frame = {"type": kind, "room": reader.room, "seq": seq}
            await reader.socket.send(msgspec.json.encode(frame).decode())

    async def _listen(self, author: Talker) -> None:
        async for text in author.socket:
            frame = msgspec.json.decode(text)
            if frame["type"] != "status":
                continue
            now = time.perf_counter()
            self._status_frames += 1
            self._status_bytes += len(text)
            for mark in frame["members"]:
                self._take(frame["room"], "delivered", mark["delivered_seq"], now)
                self._take(frame["room"], "read_receipt", mark["read_seq"], now)
            if len(self._told) == self._count:
                self._all_told.set()

    def _take(self, room: str, kind: str, seq: int, now: float) -> None:
        waiting = self._waiting[room, kind]
        while waiting and waiting[0][0] <= seq:
            self._told[waiting.popleft()[1]] = now

    async def _pass_over(self, reader: Talker) -> None:
        async for _ in reader.socket:
            pass
