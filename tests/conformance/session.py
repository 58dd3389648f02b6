"""One open WebSocket of somebody: everything that it has heard, and what is waited for.

Frames of different types may come in any order, and so may those of different rooms. So the frame
that is heard next is the next one *of its type*, and of its room where the pattern names one.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from tests.conformance.matching import ANY_ORDER, NAME, Known, Mismatch, match, matches, shown

FRAME_BYTES = 512 * 1024
"""Longest frame of a server."""
LOST = 1006
SHOWN_FRAMES = 8

Frame = dict[str, Any]


class Missing(Exception):
    """What had to come did not, or something came that must not."""


class Session:
    """An open socket.

    Attributes:
        frames: those that no step has asked for yet, as they came.
        last: the one that a step asked for last.
        close_code: with which it was closed; None while it is open.
    """

    def __init__(self, connection: Connection, *, within_s: float) -> None:
        self.frames: list[Frame] = []
        self.last: Frame = {}
        self.close_code: int | None = None
        self._bad: str | None = None
        self._connection = connection
        self._within_s = within_s
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls, url: str, *, headers: Mapping[str, str], origin: str | None, within_s: float
    ) -> Self:
        """Shake hands.

        Raises:
            websockets.exceptions.InvalidStatus: the server answered with a status instead.
        """
        connection = await connect(
            url,
            additional_headers=dict(headers),
            origin=None if origin is None else Origin(origin),
            compression=None,
            ping_interval=None,
            open_timeout=within_s,
            close_timeout=2,
            max_size=2 * FRAME_BYTES,
            proxy=None,
        )
        return cls(connection, within_s=within_s)

    async def send(self, data: str | bytes, *, is_text: bool = True) -> None:
        """Send a frame as it is, text that is no UTF-8 included. Into a closed socket: nothing."""
        try:
            await self._connection.send(data, text=is_text)
        except ConnectionClosed:
            return

    async def first(self) -> Frame:
        """Wait for the first frame and take it.

        Raises:
            Missing: nothing came, or it was closed before.
        """
        await self._until(lambda: bool(self.frames), "a first frame")
        return self.frames.pop(0)

    async def hear(self, pattern: Any, known: Known) -> Known:
        """Wait for the next frame of that type and room, which must be as the pattern says.

        Raises:
            Missing: none came.
            Mismatch: it is not like that.
        """
        (frame,) = await self._next([pattern], known)
        known = match(pattern, frame, known, str(frame["type"]))
        self._take(frame)
        return known

    async def hear_all(self, patterns: Sequence[Any], known: Known) -> Known:
        """Wait for the next frames of that type, so many as patterns, in any order.

        They are of one room where all patterns name it.

        Raises:
            Missing: not so many came.
            Mismatch: they are not like that.
        """
        frames = await self._next(patterns, known)
        known = match({ANY_ORDER: patterns}, frames, known, str(frames[0]["type"]))
        for frame in frames:
            self._take(frame)
        return known

    async def hear_later(self, pattern: Any, known: Known, *, without: Any = None) -> Known:
        """Wait for a frame that is as the pattern says; whatever comes before is passed over.

        Args:
            pattern: of what is waited for.
            known: what its names are bound to.
            without: what must not be among that which came before; None: anything may.

        Raises:
            Missing: none came, or the other one did.
        """
        await self._until(lambda: self._find(pattern, known) is not None, pattern)
        frame = self._find(pattern, known)
        assert frame is not None
        place = self.frames.index(frame)
        if without is not None:
            _check_none(self.frames[:place], without, known)
        del self.frames[:place]
        self._take(frame)
        return match(pattern, frame, known)

    def check_not_heard(self, pattern: Any, known: Known) -> None:
        """Look whether such a frame has come that no step has asked for.

        Raises:
            Missing: it has.
        """
        _check_none(self.frames, pattern, known)

    async def closed(self) -> int:
        """Wait until the server has closed; return the code.

        Raises:
            Missing: it has not.
        """
        await self._until(lambda: self.close_code is not None, "the close")
        assert self.close_code is not None
        return self.close_code

    async def close(self, code: int = 1000) -> None:
        """Close, and wait for the server to do so, too. Idempotent."""
        await self._connection.close(code)
        await self._reader

    def drop(self) -> None:
        """Break the connection without a word, as a lost network does."""
        self._connection.transport.abort()

    async def ended(self) -> None:
        """Wait until it is closed, by whomever."""
        await asyncio.shield(self._reader)

    def _take(self, frame: Frame) -> None:
        self.frames.remove(frame)
        self.last = frame

    def _find(self, pattern: Any, known: Known) -> Frame | None:
        return next((frame for frame in self.frames if matches(pattern, frame, known)), None)

    async def _next(self, patterns: Sequence[Any], known: Known) -> list[Frame]:
        """Wait for so many frames of the type, and the room, that the patterns name."""
        likes = [_narrowed(pattern, known) for pattern in patterns]
        like = likes[0] if likes.count(likes[0]) == len(likes) else {"type": likes[0]["type"]}

        def found() -> list[Frame]:
            return [frame for frame in self.frames if matches(like, frame, {})]

        await self._until(lambda: len(found()) >= len(patterns), patterns)
        return found()[: len(patterns)]

    async def _until(self, condition: Callable[[], bool], what: Any) -> None:
        try:
            async with asyncio.timeout(self._within_s):
                while not condition():
                    if self._bad or self._reader.done():
                        break
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise Missing(self._without(f"within {self._within_s:g} s", what)) from None
        if self._bad:
            raise Mismatch("a frame of the server", "a JSON object of at most 512 KiB", self._bad)
        if not condition():
            raise Missing(self._without(f"until it was closed with {self.close_code}", what))

    def _without(self, when: str, what: Any) -> str:
        came = self.frames[-SHOWN_FRAMES:] or "nothing"
        return f"nothing like {shown(what)} came {when}; what came: {shown(came)}"

    async def _read(self) -> None:
        try:
            while True:
                self._keep(await self._connection.recv())
                self._news.set()
        except ConnectionClosed:
            self.close_code = self._connection.close_code or LOST
        finally:
            self._news.set()

    def _keep(self, data: str | bytes) -> None:
        try:
            frame = json.loads(data)
        except ValueError:
            frame = None
        too_long = len(data.encode() if isinstance(data, str) else data) > FRAME_BYTES
        if isinstance(data, bytes) or too_long or not isinstance(frame, dict):
            self._bad = shown(data)
            return
        self.frames.append(frame)


def _check_none(frames: Sequence[Frame], pattern: Any, known: Known) -> None:
    for frame in frames:
        if matches(pattern, frame, known):
            raise Missing(f"this must not come: {shown(frame)}")


def _narrowed(pattern: Any, known: Known) -> Any:
    """Return what tells of which frame a pattern speaks: its type, and its room where it is known."""
    like = {"type": pattern["type"]}
    room = NAME.fullmatch(pattern.get("room", ""))
    if room is not None and room[1] in known:
        like["room"] = known[room[1]]
    return like
