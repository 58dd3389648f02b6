"""A raw session that only listens: what the server leaves out or disorders shows here.

Like any client it drops what it has: the offline queue may replay what nobody acknowledged in time.
"""

import asyncio
import contextlib
import functools
import time
from collections.abc import Iterable
from typing import Any

from clients.python import parley
from tests.faults.judging.history import Opened
from tests.faults.notes import Notes
from tests.faults.waiting import WITHIN_S, until

SILENCE_S = 600.0
PING_S = 2.0
LOST_AFTER_S = 12.0


class Listener:
    """Notes its frames until the server closes it. It fetches nothing and never comes back."""

    def __init__(self, notes: Notes, socket: parley.Socket) -> None:
        self.closed: parley.Closed | None = None
        self.session = self._user = ""
        self._heads: dict[str, int] = {}
        self._heard_s = time.monotonic()
        self._notes = notes
        self._socket = socket

    @property
    def rooms(self) -> Iterable[str]:
        """The rooms that it was told of."""
        return self._heads.keys()

    def reached(self, room: str) -> int:
        """Return the seq up to which this session has everything since its ``welcome``."""
        return self._heads.get(room, 0)

    async def until_reached(self, room: str, seq: int) -> None:
        """Wait until it has everything up to this seq."""
        await until(
            lambda: self.reached(room) >= seq,
            what=lambda: f"a listener at {self.reached(room)} to reach {seq}",
        )

    async def until_closed(self) -> None:
        """Wait for its end, however long that takes."""
        await until(lambda: self.closed is not None, what="the end", within_s=SILENCE_S)

    async def open(self) -> None:
        """Wait for ``welcome``."""
        welcome = await self._socket.receive_type("welcome", WITHIN_S)
        self.session, self._user = welcome["session"], welcome["user"]["id"]
        self._heads = {room["id"]: room["last_seq"] for room in welcome["rooms"]}
        self._notes.history.add(Opened(self.session, dict(self._heads), self._user))

    async def run(self) -> None:
        """Note what comes, until the connection ends."""
        try:
            while True:
                frame = await self._socket.receive(SILENCE_S)
                self._heard_s = time.monotonic()
                self._take(frame)
        except parley.Closed as closed:
            self.closed = closed

    async def claim(self, room: str, seq: int) -> None:
        """Say that everything of a room was received up to a seq, be it true or not."""
        with contextlib.suppress(parley.Closed):
            await self._socket.send({"type": "delivered", "room": room, "seq": seq})

    async def beat(self) -> None:
        """Ask for a sign of life all the time, and give up a connection that gives none."""
        with contextlib.suppress(parley.Closed):
            while time.monotonic() - self._heard_s < LOST_AFTER_S:
                await self._socket.send({"type": "ping"})
                await asyncio.sleep(PING_S)
        self._socket.abort()

    def _take(self, frame: dict[str, Any]) -> None:
        match frame:
            case {"type": "message", "room": str(room), "seq": int(seq)}:
                if seq > self.reached(room):
                    self._heads[room] = seq
                    self._notes.received(self.session, frame)
            case {"type": "room", "id": str(room), "removed": True}:
                self._heads.pop(room, None)
            case {"type": "room", "id": str(room), "last_seq": int(head)}:
                if room not in self._heads:
                    self._heads[room] = head
                    self._notes.history.add(Opened(self.session, {room: head}, self._user))


async def until_all_reached(listeners: Iterable[Listener], room: str, seq: int) -> None:
    """Wait until each has everything of a room up to this seq."""
    for wait in [functools.partial(one.until_reached, room, seq) for one in listeners]:
        await wait()
