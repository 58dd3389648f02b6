"""``Engine``: runs a ``Core`` on the event loop, between a ``Connection`` and those who await.

Everything that touches the core is a plain call on the loop, so nothing here needs a lock; what
the core decided is carried out right after, by ``pump``.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from .api import Api
from .clock import Handle, sleep
from .connection import Connection
from .core import Core
from .credentials import Credentials
from .errors import (
    Closed,
    Internal,
    ParleyError,
    Timeout,
    Unauthenticated,
)
from .fallback import Fallback
from .feed import Feed, Feeds
from .frames import Message, PresenceOf, Room, ServerFrame, Typing, Welcome
from .marks import Moved
from .options import Options
from .outcomes import Sent, Settled
from .pending import Draft, Outgoing
from .reconnect import Ladder
from .room_reader import RoomReader
from .states import ConnectionState
from .websocket import Socket

logger = logging.getLogger(__name__)

TICK_S = 0.05
"""How finely time is looked at while something waits for it; an idle chat does not tick."""

PAUSE_S = 1.0
"""The pause between two tries to renew the session."""

LAST_WORDS_S = 0.5
"""How long leaving may take: two receipts of a room, and then some."""


class Engine:
    """See the module.

    Attributes:
        core: the decisions.
        connection: the socket, kept open.
        inbox: the messages, in order in each room.
        without_socket: the same things over HTTP.
        outgoing: own messages, whenever one stands otherwise than before.
        frames: every frame as it came.
        moves: whose watermarks went up, after they did.
        typing: who types in a room, whenever that changes.
        presences: of people, whenever one changes.
        states: of the connection, whenever that changes.
    """

    def __init__(self, base_url: str, api: Api, credentials: Credentials, options: Options) -> None:
        self.core = Core(random=options.random, automatic_receipts=options.automatic_receipts)
        self.inbox: Feed[Message] = Feed()
        self.outgoing: Feeds[Outgoing] = Feeds()
        self.frames: Feeds[ServerFrame] = Feeds()
        self.moves: Feeds[Moved] = Feeds()
        self.typing: Feeds[Typing] = Feeds()
        self.presences: Feeds[PresenceOf] = Feeds()
        self.states: Feeds[ConnectionState] = Feeds()
        self.connection = Connection(
            self._open_socket,
            renew=lambda: credentials.renew(credentials.token),
            handler=self,
            clock=options.clock,
            ladder=Ladder(options.random, options.reconnect_bases_s),
        )
        self.without_socket = Fallback(self.core, api, clock=options.clock, pump=self.pump)
        self._base_url = base_url
        self._credentials = credentials
        self._options = options
        self._clock = options.clock
        self._welcome: Welcome | None = None
        self._started = asyncio.Event()
        self._told = asyncio.Event()
        self._told.set()
        self._ended: ParleyError | None = None
        self._senders: dict[str, asyncio.Future[Sent]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader = RoomReader(self.core.rooms, api, learn=self.learn, spawn=self._spawn)
        self._alarm: Handle | None = None

    @property
    def welcome(self) -> Welcome:
        """The latest ``welcome``.

        Raises:
            RuntimeError: there was none yet.
        """
        if self._welcome is None:
            raise RuntimeError("not connected yet; use `async with`")
        return self._welcome

    @property
    def now(self) -> float:
        """The time of the chat's clock, in seconds."""
        return self._clock.monotonic()

    async def start(self) -> None:
        """Connect, and return after the first ``welcome``.

        Raises:
            Timeout: no ``welcome`` within ``open_timeout_s``, tries in between included.
            ParleyError: as ``Connection.run``.
        """
        self._spawn(self._stay_connected())
        self._spawn(self._stay_signed_in())
        try:
            async with asyncio.timeout(self._options.open_timeout_s):
                await self._started.wait()
        except TimeoutError as error:
            raise Timeout(f"no welcome within {self._options.open_timeout_s} s") from error
        if self._ended is not None:
            raise self._ended

    async def close(self) -> None:
        """Disconnect, end every feed, and fail every send that waits. Idempotent.

        Receipts that are owed go out before, where that takes no longer than a moment.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._told.wait()
                await self.connection.drained()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.connection.close()
        self._end(None)

    def queue(self, draft: Draft) -> None:
        """Take a message on that nobody waits for; see ``OutgoingMessages``."""
        if self._ended is not None:
            raise self._ended
        self.core.send(draft, now=self.now, deadline=float("inf"), is_kept=True)
        self.pump()

    async def send(self, draft: Draft, timeout_s: float, *, by_socket: bool = True) -> Sent:
        """Send until acknowledged; see ``Chat.send`` and ``Chat.post``."""
        if self._ended is not None:
            raise self._ended
        now = self.now
        ref = self.core.send(draft, now=now, deadline=now + timeout_s, by_socket=by_socket)
        sender: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._senders[ref] = sender
        self.pump()
        try:
            return await sender
        except asyncio.CancelledError:
            self.core.forget(ref)
            raise
        finally:
            self._senders.pop(ref, None)

    def learn(self, room: Room) -> Room:
        """Take in a room from HTTP; return it."""
        self.core.learn([room], self.now)
        self.pump()
        return room

    def pump(self) -> None:
        """Carry out what the core decided, and be called again when time may change something."""
        output = self.core.take_output()
        for command in output.commands:
            self.connection.post(command)
        for request in output.requests:
            self._spawn(self.without_socket.carry(request))
        if output.looks:
            self._spawn(self.without_socket.look())
        for message in output.messages:
            self.inbox.put(message)
        self.outgoing.put_all(output.outgoing)
        self.moves.put_all(output.moved)
        self.typing.put_all(output.typing)
        self.presences.put_all(output.presences)
        for settled in output.settled:
            self._settle(settled)
        self.connection.note_typing(is_typing=self.core.company.is_typing)
        (self._told.clear if self.core.owes_receipts else self._told.set)()
        if self._ended is None:
            self._reader.place_rooms()
        if self._alarm is None and self.core.busy and self._ended is None:
            self._alarm = self._clock.call_later(TICK_S, self._tick)

    # What the connection calls ----------------------------------------------------------------

    def on_frame(self, frame: ServerFrame) -> None:
        """Take in a frame."""
        self.frames.put(frame)
        self.core.receive(frame, self.now)
        if isinstance(frame, Welcome):
            self._welcome = frame
            self._started.set()
            if frame.more_rooms:
                self._spawn(self._reader.read_all())
        self.pump()

    def on_lost(self) -> None:
        """Take in the end of a connection."""
        self.core.disconnected(self.now)
        self.pump()

    def update_connection_status(self, state: ConnectionState) -> None:
        """Tell those who follow it how the connection stands."""
        self.states.put(state)

    # In the background ------------------------------------------------------------------------

    async def _open_socket(self) -> Socket:
        origin = self._options.origin
        return await self._options.open_socket(
            self._base_url,
            token=await self._credentials.bearer(),
            headers={"Origin": origin} if origin else None,
        )

    async def _stay_connected(self) -> None:
        try:
            await self.connection.run()
        except ParleyError as error:
            self._end(error)

    async def _stay_signed_in(self) -> None:
        """Renew the token before its end; where that is refused, the socket's end tells."""
        while True:
            await sleep(self._clock, self._credentials.renew_in_s or PAUSE_S)
            try:
                await self._credentials.bearer()
            except Unauthenticated:
                return
            except ParleyError as error:
                logger.info("The session could not be renewed yet: %s", error)

    def _settle(self, settled: Settled) -> None:
        """Tell who sent a message what became of it."""
        sender = self._senders.get(settled.ref)
        if sender is None or sender.done():
            return
        if isinstance(settled.outcome, Sent):
            sender.set_result(settled.outcome)
        else:
            sender.set_exception(settled.outcome)

    def _tick(self) -> None:
        self._alarm = None
        self.core.tick(self.now)
        self.pump()

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            logger.error("The client has a bug and stops", exc_info=bug)
            self._end(Internal(f"a bug of the client: {bug!r}"))

    def _end(self, error: ParleyError | None) -> None:
        """Tell everybody who waits that nothing will come any more."""
        if self._ended is not None:
            return
        self._ended = error or Closed(1000, "by this client")
        self._started.set()
        self._told.set()
        if self._alarm is not None:
            self._alarm.cancel()
        self.inbox.close(error)
        told = (self.moves, self.typing, self.presences, self.states)
        for feed in (self.frames, self.outgoing, *told):
            feed.close(error)
        for sender in self._senders.values():
            if not sender.done():
                sender.set_exception(self._ended)
