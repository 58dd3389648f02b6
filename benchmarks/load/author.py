"""Somebody who writes many messages into rooms, as fast as they are taken, and waits for acks."""

import asyncio
from collections import deque
from time import monotonic_ns

from benchmarks.load.dialects import Heard
from benchmarks.load.line import Line
from benchmarks.load.tally import Tally
from benchmarks.load.words import client_ids

IN_FLIGHT = 100
"""Messages without an ``ack``."""
CONTENT = "What happened while you were away. " * 4


class Author:
    """One person and line.

    Attributes:
        acked: messages that were acknowledged.
        heads: the highest seq by room of what is acknowledged.
        delivered: by room, the lowest that all others have told to hold.
    """

    def __init__(self, line: Line, tally: Tally) -> None:
        self.line = line
        self.acked = 0
        self.heads: dict[str, int] = {}
        self.delivered: dict[str, int] = {}
        self._tally = tally
        self._ids = client_ids()
        self._unsent: deque[str] = deque()
        self._flying: set[str] = set()
        self._done = asyncio.Event()
        self._told = asyncio.Event()
        line.on_heard = self.hear
        line.on_lost = self._lost

    async def write(self, rooms: list[str]) -> None:
        """Write a message into each of these rooms, in order; return when all are acknowledged.

        A message that is refused or lost with the line is counted, and not waited for.
        """
        self._unsent.extend(rooms)
        self._done.clear()
        self._fill()
        await self._done.wait()

    async def until_delivered(self) -> None:
        """Return when the others hold everything."""
        while any(self.delivered.get(room, 0) < seq for room, seq in self.heads.items()):
            self._told.clear()
            await self._told.wait()

    def hear(self, heard: Heard) -> None:
        """Take a frame."""
        if heard.type == "ack" and heard.client_id in self._flying:
            self._flying.remove(heard.client_id)
            self.heads[heard.room] = max(heard.seq, self.heads.get(heard.room, 0))
            self.acked += 1
            self._tally.counts["acked"] += 1
            self._fill()
        elif heard.type == "status":
            others = [each for each in heard.lowest if each.user != self.line.person.user]
            if others:
                lowest = min(each.delivered_seq for each in others)
                self.delivered[heard.room] = max(lowest, self.delivered.get(heard.room, 0))
                self._told.set()
        elif heard.type == "error":
            self._tally.counts[f"error {heard.code}"] += 1
            self._flying.discard(heard.client_id)
            self._fill()

    def _fill(self) -> None:
        while self._unsent and len(self._flying) < IN_FLIGHT:
            room, client_id = self._unsent.popleft(), next(self._ids)
            self._flying.add(client_id)
            self._tally.counts["sent"] += 1
            content = f"{monotonic_ns():016x} {CONTENT}"
            frame = self.line.dialect.frame
            self.line.send(frame("message", room=room, client_id=client_id, content=content))
        if not self._flying:
            self._done.set()

    def _lost(self, close_code: int) -> None:
        self._tally.counts[f"closed {close_code}"] += 1
        self._unsent.clear()
        self._flying.clear()
        self._done.set()
        self._told.set()
