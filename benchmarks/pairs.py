"""The scenario ``pairs``: every user writes to one other, evenly spread over time."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from benchmarks.report import Report, cpu_seconds
from benchmarks.talkers import Talker, close_all, connect_pairs

SETTLE_S = 5.0
"""How long the last messages may still arrive."""


@dataclass(slots=True)
class Load:
    """A load of evenly spaced messages on pairs of users."""

    url: str
    pairs: int
    rate_per_s: float
    seconds: float
    _due: dict[str, float] = field(default_factory=dict)
    _acked: dict[str, float] = field(default_factory=dict)
    _received: dict[str, float] = field(default_factory=dict)
    _all_received: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, processes: Sequence[tuple[str, int]]) -> Report:
        """Connect everybody, write at the rate, wait for the last, and report."""
        talkers = await connect_pairs(self.url, self.pairs)
        readers = [asyncio.create_task(self._listen(talker)) for talker in talkers]
        before = {name: cpu_seconds(pid) for name, pid in processes}
        await self._write(talkers)
        await self._settle()
        used = {name: cpu_seconds(pid) - before[name] for name, pid in processes}
        for reader in readers:
            reader.cancel()
        await close_all(talkers)
        return Report(due=self._due, acked=self._acked, received=self._received, cpu_s=used)

    async def _write(self, talkers: Sequence[Talker]) -> None:
        began = time.perf_counter()
        for number in range(round(self.rate_per_s * self.seconds)):
            due = began + number / self.rate_per_s
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            talker = talkers[number % len(talkers)]
            client_id = str(uuid.uuid4())
            self._due[client_id] = due
            frame = {
                "type": "message",
                "room": talker.room,
                "client_id": client_id,
                "content": "How are you today?",
            }
            await talker.socket.send(msgspec.json.encode(frame).decode())

    async def _listen(self, talker: Talker) -> None:
        async for text in talker.socket:
            frame = msgspec.json.decode(text)
            now = time.perf_counter()
            if frame["type"] == "ack":
                self._acked.setdefault(frame["client_id"], now)
            elif frame["type"] == "message":
                self._received.setdefault(frame["client_id"], now)
                if len(self._received) == round(self.rate_per_s * self.seconds):
                    self._all_received.set()

    async def _settle(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_received.wait(), SETTLE_S)
