"""Somebody who was away, and gets what they missed: each message once, in order, up to the head."""

import asyncio
from secrets import SystemRandom
from time import monotonic_ns

from benchmarks.load.dialects import Heard
from benchmarks.load.line import CannotOpen, Line
from benchmarks.load.people import Somebody
from benchmarks.load.stage import Stage
from benchmarks.load.talker import UNDRAINED_S

_CHANCE = SystemRandom()
TRIES = 5
BACKOFF_S = 2.0
"""Before the second try; doubled each time, times a random half to whole. Source: docs/protocol.md."""


class Returning:
    """One person's rooms over all their lines.

    Attributes:
        cursors: the highest seq by room up to which nothing is missing.
        first_ns: when the first message came since they came back; 0 before.
        in_step: set once everything is there, up to the heads that were known.
    """

    def __init__(self, stage: Stage, person: Somebody) -> None:
        self.person = person
        self.cursors: dict[str, int] = {}
        self.heads: dict[str, int] = {}
        self.first_ns = 0
        self.in_step = asyncio.Event()
        self.line: Line | None = None
        self._stage = stage
        self._is_asking = self._is_drained = False
        self._above: dict[str, set[int]] = {}

    async def come_back(self) -> None:
        """Open a line, with patience, and be sent what was missed.

        What is missing after ``drained``, or after 2 s without it, is asked for by ``sync``.

        Raises:
            CannotOpen: the server refused for too long.
        """
        self._is_asking = self._is_drained = False
        self.in_step.clear()
        self.heads.clear()
        self.first_ns = 0
        self.line = await self._open()
        self.line.on_lost = self._lost
        asyncio.get_running_loop().call_later(UNDRAINED_S, self._ask_if_not_drained)

    def _ask_if_not_drained(self) -> None:
        if not self._is_drained:
            self.ask()

    def ask(self) -> None:
        """Send ``sync`` for the rooms in which something is missing."""
        behind = {
            room: self.cursors.get(room, 0)
            for room, head in self.heads.items()
            if self.cursors.get(room, 0) < head
        }
        if behind and self.line is not None:
            self._is_asking = True
            self.line.send(self.line.dialect.frame("sync", cursors=behind))

    def report(self) -> None:
        """Tell the server that this device holds everything."""
        if self.line is not None:
            for room, seq in self.cursors.items():
                self.line.send(self.line.dialect.frame("delivered", room=room, seq=seq))

    def hear(self, heard: Heard) -> None:
        """Take a frame."""
        counts = self._stage.tally.counts
        if heard.type == "message":
            self._take(heard.room, heard.seq)
        elif heard.type == "welcome":
            for room in heard.rooms:
                self.cursors.setdefault(room.id, room.delivered_seq)
                self.heads[room.id] = room.last_seq
            self._look()
        elif heard.type in ("drained", "synced"):
            self._is_drained = True
            self._is_asking = self._is_asking and heard.type == "drained"
            if not self.in_step.is_set() and not self._is_asking:
                counts[f"missing after {heard.type}"] += 1
                self.ask()
        elif heard.type == "error":
            counts[f"error {heard.code}"] += 1

    def _lost(self, close_code: int) -> None:
        self._stage.tally.counts[f"closed {close_code}"] += 1

    async def _open(self) -> Line:
        pause_s = BACKOFF_S
        for _ in range(TRIES - 1):
            try:
                return await self._stage.open(self.person, on_heard=self.hear)
            except CannotOpen as error:
                self._stage.tally.counts[f"tried again: {error}"] += 1
                await asyncio.sleep(pause_s * _CHANCE.uniform(0.5, 1))
                pause_s *= 2
        return await self._stage.open(self.person, on_heard=self.hear)

    def _take(self, room: str, seq: int) -> None:
        counts = self._stage.tally.counts
        self.first_ns = self.first_ns or monotonic_ns()
        above = self._above.setdefault(room, set())
        cursor = self.cursors.get(room, 0)
        if seq <= cursor or seq in above:
            counts["offered twice to who was away"] += 1
            return
        counts["received"] += 1
        if seq != cursor + 1:
            counts["out of order"] += 1
        above.add(seq)
        while cursor + 1 in above:
            cursor += 1
            above.remove(cursor)
        self.cursors[room] = cursor
        self._look()

    def _look(self) -> None:
        if self.heads and all(self.cursors.get(room, 0) >= seq for room, seq in self.heads.items()):
            self.in_step.set()
