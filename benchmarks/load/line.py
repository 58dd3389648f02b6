"""One WebSocket of one person, on a client that costs next to nothing."""

import asyncio
from collections.abc import Callable
from time import monotonic_ns

import picows
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from benchmarks.load.dialects import Dialect, Heard, Room
from benchmarks.load.people import Somebody

TEXT, CLOSE = WSMsgType.TEXT, WSMsgType.CLOSE
OPEN_WITHIN_S = 60.0
LOST = 1006


class CannotOpen(Exception):
    """A handshake failed, or nobody said ``welcome``."""


class Line(WSListener):
    """An open WebSocket. Make one with ``Line.open``.

    Attributes:
        opened_in_ns: from the first packet to ``welcome``.
        welcome: that frame.
        close_code: with which the server closed; None while it is open, or closed by us.
    """

    def __init__(self, person: Somebody, dialect: type[Dialect]) -> None:
        self.person = person
        self.dialect = dialect(person)
        self.opened_in_ns = 0
        self.welcome: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self.close_code: int | None = None
        self.on_heard: Callable[[Heard], None] = _pass_over
        self.on_lost: Callable[[int], None] = _pass_over
        self._leaving = False
        self._transport: WSTransport | None = None
        self.connected_ns = 0

    @classmethod
    async def open(
        cls,
        url: str,
        person: Somebody,
        dialect: type[Dialect],
        *,
        on_heard: Callable[[Heard], None] | None = None,
    ) -> "Line":
        """Connect, and return when the server has said ``welcome``.

        Raises:
            CannotOpen: it did not, within a minute.
        """
        began_ns = monotonic_ns()
        line = cls(person, dialect)
        if on_heard is not None:
            line.on_heard = on_heard
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await picows.ws_connect(
                    lambda: line,
                    "ws" + url.removeprefix("http") + dialect.path,
                    extra_headers=line.dialect.headers(),
                    websocket_handshake_timeout=OPEN_WITHIN_S,
                )
                await line.welcome
        except (OSError, TimeoutError, picows.WSError) as error:
            raise CannotOpen(repr(error)) from error
        line.opened_in_ns = monotonic_ns() - began_ns
        return line

    def send(self, frame: bytes) -> None:
        """Send a frame; nothing happens where the connection has ended."""
        if self._transport is not None:
            self._transport.send(TEXT, frame)

    def drop(self) -> None:
        """Break the connection without a word, as a lost network would."""
        self._leaving = True
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    async def close(self) -> None:
        """Close in order, and wait until it has ended."""
        self._leaving = True
        if (transport := self._transport) is not None:
            transport.send_close(picows.WSCloseCode.OK)
            await transport.wait_disconnected()

    @property
    def head(self) -> int:
        """The highest seq in the person's room, as ``welcome`` told it; 0 where it told none."""
        return self.room.last_seq

    @property
    def room(self) -> Room:
        """The person's room, as ``welcome`` told it; empty where it did not."""
        rooms = self.welcome.result().rooms
        return next((room for room in rooms if room.id == self.person.room), Room())

    @property
    def is_open(self) -> bool:
        """Whether anything can be sent."""
        return self._transport is not None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Called by the client after the handshake."""
        self._transport = transport
        self.connected_ns = monotonic_ns()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Called by the client for each frame."""
        kind = frame.msg_type
        if kind == TEXT:
            heard, answer = self.dialect.read(frame.get_payload_as_bytes())
            if answer is not None:
                transport.send(TEXT, answer)
            if heard is None:
                return
            if heard.type == "welcome":
                self.welcome.set_result(heard)
            self.on_heard(heard)
        elif kind == CLOSE:
            self.close_code = frame.get_close_code().value
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """Called by the client at the end."""
        self._transport = None
        if not self.welcome.done():
            self.welcome.set_exception(CannotOpen(f"closed with {self.close_code or LOST}"))
        elif not self._leaving:
            self.on_lost(self.close_code or LOST)


def _pass_over(_: object) -> None:
    """Hear, and do nothing."""
