"""One open socket in a test: it keeps every frame it was sent, and can wait for more.

``drained`` may come at any moment after ``welcome``, also between a question and its answer: it
stands in ``everything``, and not in ``frames``.

``until`` looks again after each frame and gives up in time; nothing here sleeps.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from clients.python.parley import Closed, Socket

WITHIN_S = 60.0
"""How long anything may take; far above what it does, so that a slow machine fails nothing."""

Frame = dict[str, Any]
T = TypeVar("T")


class Client:
    """One open socket that keeps every frame it was sent. ``welcome`` has been read.

    Attributes:
        frames: as they came, but ``drained``.
        everything: with it.
    """

    def __init__(self, socket: Socket, welcome: Frame) -> None:
        self.socket = socket
        self.welcome = welcome
        self.frames: list[Frame] = []
        self.everything: list[Frame] = []
        self.close_code: int | None = None
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, token: str) -> Self:
        """Connect with a bearer token and read ``welcome``."""
        socket = await Socket.open(url, token=token, timeout_s=WITHIN_S)
        try:
            return cls(socket, await socket.receive_type("welcome", WITHIN_S))
        except BaseException:
            await socket.close()
            raise

    @property
    def heads(self) -> dict[str, int]:
        """The rooms of ``welcome`` and their heads."""
        return {room["id"]: room["last_seq"] for room in self.welcome["rooms"]}

    def messages(self, room: str) -> list[Frame]:
        """Return the messages of a room so far, as they came."""
        return [f for f in self.frames if f["type"] == "message" and f["room"] == room]

    def seqs(self, room: str) -> list[int]:
        """Return the seqs of a room's messages so far, as they came."""
        return [message["seq"] for message in self.messages(room)]

    def statuses(self, room: str) -> list[Frame]:
        """Return the ``status`` frames of a room so far, as they came."""
        return [f for f in self.frames if f["type"] == "status" and f["room"] == room]

    def marks(self, room: str, user: str) -> tuple[int, int]:
        """Return the greatest (delivered_seq, read_seq) of a member in ``status`` frames so far."""
        told = [
            each
            for status in self.statuses(room)
            for each in (*status["lowest"], *status.get("members", ()))
            if each["user"] == user
        ]
        return (
            max((each["delivered_seq"] for each in told), default=0),
            max((each["read_seq"] for each in told), default=0),
        )

    async def ask(self, frame: Mapping[str, Any]) -> Frame:
        """Send a frame and return the answer that repeats its ``ref``."""
        ref = str(uuid.uuid4())
        await self.socket.send({**frame, "ref": ref})
        return await self.until(
            lambda: next((f for f in self.frames if f.get("ref") == ref), None),
            what=f"the answer to {frame['type']}",
        )

    async def say(self, room: str, content: str, **more: Any) -> Frame:
        """Send a message and return its ``ack`` or ``error``."""
        return await self.ask(message_frame(room, content, **more))

    async def sync(self, cursors: Mapping[str, int]) -> tuple[list[Frame], list[Frame]]:
        """Return the messages that ``sync`` brings, and the rooms of ``synced``."""
        start = len(self.frames)
        answer = await self.ask({"type": "sync", "cursors": dict(cursors)})
        end = self.frames.index(answer)
        return [f for f in self.frames[start:end] if f["type"] == "message"], answer["rooms"]

    async def until(
        self, found: Callable[[], T | None], *, what: str, within_s: float = WITHIN_S
    ) -> T:
        """Wait until ``found`` returns something true, looking again after each frame.

        Raises:
            TimeoutError: it does not, or the socket was closed before.
        """
        async with asyncio.timeout(within_s):
            while not (result := found()):
                if self._reader.done():
                    raise TimeoutError(f"closed ({self.close_code}) without {what}")
                self._news.clear()
                await self._news.wait()
        return result

    async def until_seqs(self, room: str, count: int) -> list[int]:
        """Wait for so many messages of a room; return their seqs as they came."""
        await self.until(
            lambda: len(self.messages(room)) >= count, what=f"{count} messages of {room}"
        )
        return self.seqs(room)

    async def until_type(self, kind: str) -> Frame:
        """Wait for a frame of a type; return the first one."""
        return await self.until(
            lambda: next((f for f in self.everything if f["type"] == kind), None), what=kind
        )

    async def until_marks(
        self, room: str, user: str, *, delivered: int = 0, read: int = 0
    ) -> tuple[int, int]:
        """Wait until ``status`` frames show a member at these watermarks, or above."""

        def reached() -> bool:
            now = self.marks(room, user)
            return now[0] >= delivered and now[1] >= read

        await self.until(reached, what=f"{user} at {delivered}, {read}")
        return self.marks(room, user)

    async def until_closed(self) -> int | None:
        """Wait until the server has closed the socket; return the close code."""
        async with asyncio.timeout(WITHIN_S):
            await self._reader
        return self.close_code

    async def close(self) -> None:
        """Close the socket."""
        await self.socket.close()
        await self._reader

    async def _read(self) -> None:
        try:
            while True:
                frame = await self.socket.receive(timeout_s=3600)
                self.everything.append(frame)
                if frame["type"] != "drained":
                    self.frames.append(frame)
                self._news.set()
        except Closed as closed:
            self.close_code = closed.close_code
            self._news.set()


def message_frame(room: str, content: str, **more: Any) -> Frame:
    """Return a ``message`` frame, with a client_id of its own where none is given."""
    return {
        "type": "message",
        "room": room,
        "client_id": str(uuid.uuid4()),
        "content": content,
        **more,
    }
