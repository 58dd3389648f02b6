"""``Connection``: keeps one WebSocket open for as long as it runs, and comes back when it ends.

It opens, waits for ``welcome``, hands every frame to its handler, writes what is queued, beats, and
after each end does what the close code asks. Commands that are queued while nothing is open are
dropped: the handler queues again after ``welcome`` what still matters.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from .clock import Clock, Handle
from .commands import Command, Ping, encode
from .errors import (
    BadFrame,
    Closed,
    ParleyError,
    Refused,
    Unauthenticated,
)
from .frames import Reconnect, ServerFrame, Welcome, decode
from .reconnect import Action, Ladder
from .states import (
    INITIAL,
    ConnectionEvent,
    ConnectionState,
    event_of_welcome,
    events_after_pause,
    events_before_pause,
    events_for_good,
    next_state,
)
from .websocket import LOST, Socket

logger = logging.getLogger(__name__)

PONG_WITHIN_S = 10.0
"""A server from which nothing came for so long after a ``ping`` is taken for dead."""

WELCOME_WITHIN_S = 10.0
"""A server that accepted but did not say ``welcome`` in time is taken for dead."""

FORBIDDEN = 403
"""The handshake's answer to an ``Origin`` that is not allowed; it will not change by waiting."""


class Handler(Protocol):
    """What a connection talks to. Calls come one at a time, and none may wait."""

    def on_frame(self, frame: ServerFrame) -> None:
        """Take a frame; the first of every connection is ``Welcome``."""
        ...

    def on_lost(self) -> None:
        """Learn that a connection which had its ``welcome`` has ended."""
        ...

    def update_connection_status(self, state: ConnectionState) -> None:
        """Learn how the connection stands now; before what the other two tell."""
        ...


class Connection:
    """See the module.

    Args:
        open_socket: makes a new socket with the present token.
        renew: renews the session after 4001; raises ``Unauthenticated`` where that is refused.
        handler: gets the frames.
        clock: for pauses and heartbeats.
        ladder: the pauses.

    Attributes:
        state: how it stands.
    """

    def __init__(
        self,
        open_socket: Callable[[], Awaitable[Socket]],
        *,
        renew: Callable[[], Awaitable[None]],
        handler: Handler,
        clock: Clock,
        ladder: Ladder,
    ) -> None:
        self.state = INITIAL
        self._open_socket = open_socket
        self._renew = renew
        self._handler = handler
        self._clock = clock
        self._ladder = ladder
        self._socket: Socket | None = None
        self._queue: deque[Command] = deque()
        self._queued = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._welcomed_at: float | None = None
        self._announced_s: float | None = None
        self._heard_at = 0.0
        self._alarm: Handle | None = None
        self._next_try_at: float | None = None
        self._next_try = asyncio.Event()

    @property
    def next_try_in_s(self) -> float:
        """Seconds until the next try; 0 unless it waits for one."""
        if self._next_try_at is None:
            return 0.0
        return max(self._next_try_at - self._clock.monotonic(), 0.0)

    async def drained(self) -> None:
        """Wait until everything that was queued is written, or dropped with its connection."""
        await self._drained.wait()

    def post(self, command: Command) -> None:
        """Queue a command for the present connection, in order; never waits."""
        if self._welcomed_at is not None:
            self._queue.append(command)
            self._queued.set()
            self._drained.clear()

    def note_typing(self, *, is_typing: bool) -> None:
        """Learn whether one types on the present connection; to be told as often as one likes."""
        if is_typing and self.state is ConnectionState.CONNECTED:
            self._move(ConnectionEvent.USER_TYPING)
        elif not is_typing and self.state is ConnectionState.TYPING:
            self._move(ConnectionEvent.STOP_TYPING)

    def attempt_reconnect(self) -> None:
        """End the pause before the next try, where there is one."""
        if self._next_try_at is not None:
            self._next_try.set()

    def abort(self) -> None:
        """Break the present connection, as a lost network would; ``run`` comes back."""
        if self._socket is not None:
            self._socket.abort()

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises:
            Unauthenticated: signed out for good.
            Closed: by a code that tells of a bug of this client (1003, 1007, 1009).
            Refused: the server does not allow this ``Origin``.
        """
        try:
            while True:
                await self._live_and_wait()
        except ParleyError:
            self._move(*events_for_good(self.state))
            raise

    async def close(self) -> None:
        """Close the present socket politely. Cancel ``run`` first."""
        self._end_session()
        if self._socket is not None:
            await self._socket.close()

    async def _live_and_wait(self) -> None:
        """Live through one connection, or a try that fails, and the pause behind it."""
        closed = await self._live_once()
        lived_s = self._end_session()
        step = self._ladder.after(closed.close_code, lived_s=lived_s, announced_s=self._announced_s)
        self._announced_s = None
        if step.action is Action.STOP:
            raise closed
        logger.info("%s; next try in %.1f s", closed, step.delay_s)
        await self._pause(step.delay_s)
        if step.action is Action.RENEW:
            await self._renew_session()

    async def _pause(self, delay_s: float) -> None:
        """Wait until it is time for the next try, or until somebody asks for it."""
        self._next_try.clear()
        alarm = self._clock.call_later(delay_s, self._next_try.set)
        self._next_try_at = self._clock.monotonic() + delay_s
        self._move(*events_before_pause(self.state, is_offline=self._ladder.offline))
        try:
            await self._next_try.wait()
        finally:
            alarm.cancel()
            self._next_try_at = None
        self._move(*events_after_pause(self.state))

    async def _live_once(self) -> Closed:
        """Open, and read until the end; return how it ended."""
        try:
            self._socket = await self._open_socket()
        except Unauthenticated:
            raise
        except ParleyError as error:
            if isinstance(error, Refused) and error.status == FORBIDDEN:
                raise
            return Closed(LOST, str(error))
        self._alarm = self._clock.call_later(WELCOME_WITHIN_S, self.abort)
        writer = asyncio.create_task(self._write(self._socket))
        try:
            while True:
                self._take(await self._socket.receive_bytes())
        except Closed as closed:
            return closed
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    def _take(self, data: bytes) -> None:
        self._heard_at = self._clock.monotonic()
        try:
            frame = decode(data)
        except BadFrame as error:  # without its text: that may be what somebody wrote
            logger.warning("A frame of the server is not what the protocol says: %s", error)
            return
        if isinstance(frame, Welcome):
            self._welcomed_at = self._heard_at
            self._disarm()
            self._plan_beat(frame.heartbeat_s)
            if not self.state.is_connected:
                self._move(event_of_welcome(self.state))
        if isinstance(frame, Reconnect):
            self._announced_s = frame.after_ms / 1000
        self._handler.on_frame(frame)

    async def _write(self, socket: Socket) -> None:
        with contextlib.suppress(Closed):  # the reader meets it too, and says so
            while True:
                await self._queued.wait()
                self._queued.clear()
                while self._queue:
                    await socket.send_text(encode(self._queue.popleft()))
                self._drained.set()

    async def _renew_session(self) -> None:
        try:
            await self._renew()
        except Unauthenticated:
            raise
        except ParleyError as error:
            logger.info("The session could not be renewed yet: %s", error)

    def _plan_beat(self, heartbeat_s: float) -> None:
        """Ping every ``heartbeat_s``, and break a connection on which nothing answers."""
        patience_s = min(PONG_WITHIN_S, heartbeat_s)

        def beat() -> None:
            asked_at = self._clock.monotonic()
            self.post(Ping())
            self._alarm = self._clock.call_later(patience_s, lambda: judge(asked_at))

        def judge(asked_at: float) -> None:
            if self._heard_at < asked_at:
                logger.warning("Nothing heard for %s s after a ping: giving up", patience_s)
                self.abort()
            else:
                self._alarm = self._clock.call_later(heartbeat_s - patience_s, beat)

        self._alarm = self._clock.call_later(heartbeat_s, beat)

    def _end_session(self) -> float | None:
        """Forget the present connection; return how long it lived after its ``welcome``."""
        self._disarm()
        self._queue.clear()
        self._queued.clear()
        self._drained.set()
        if self._welcomed_at is None:
            return None
        lived_s = self._clock.monotonic() - self._welcomed_at
        self._welcomed_at = None
        self._move(ConnectionEvent.CONNECTION_LOST)
        self._handler.on_lost()
        return lived_s

    def _move(self, *events: ConnectionEvent) -> None:
        for event in events:
            self.state = next_state(self.state, event)
            self._handler.update_connection_status(self.state)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
