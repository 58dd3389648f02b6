"""``Engine``: runs a ``Core`` on the event loop, between a ``Connection`` and those who await.

Everything that touches the core is a plain call on the loop, so nothing here needs a lock; what
the core decided is carried out right after, by ``pump``.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from clients.python.parley.api import Api
from clients.python.parley.clock import Handle, sleep
from clients.python.parley.commands import ReadReceipt
from clients.python.parley.connection import Connection
from clients.python.parley.core import Core, Sent
from clients.python.parley.credentials import Credentials
from clients.python.parley.errors import (
    Closed,
    Internal,
    NotAcknowledged,
    NotFound,
    ParleyError,
    PermissionDenied,
    Timeout,
    Unauthenticated,
)
from clients.python.parley.feed import Feed, Feeds
from clients.python.parley.frames import Message, Room, ServerFrame, Welcome
from clients.python.parley.marks import Moved
from clients.python.parley.options import Options
from clients.python.parley.outbox import Draft
from clients.python.parley.reconnect import Ladder
from clients.python.parley.rooms import SYNC_ROOMS
from clients.python.parley.websocket import Socket

logger = logging.getLogger(__name__)

TICK_S = 0.05
"""How finely time is looked at while something waits for it; an idle chat does not tick."""

PAUSE_S = 1.0
"""The pause between two tries over HTTP where the server named none."""


class Engine:
    """See the module.

    Attributes:
        core: the decisions.
        connection: the socket, kept open.
        inbox: the messages, in order in each room.
        frames: every frame as it came.
        moves: whose watermarks went up, after they did.
    """

    def __init__(self, base_url: str, api: Api, credentials: Credentials, options: Options) -> None:
        self.core = Core(random=options.random, automatic_receipts=options.automatic_receipts)
        self.inbox: Feed[Message] = Feed()
        self.frames: Feeds[ServerFrame] = Feeds()
        self.moves: Feeds[Moved] = Feeds()
        self.connection = Connection(
            self._open_socket,
            renew=lambda: credentials.renew(credentials.token),
            handler=self,
            clock=options.clock,
            ladder=Ladder(options.random, options.reconnect_bases_s),
        )
        self._base_url = base_url
        self._api = api
        self._credentials = credentials
        self._options = options
        self._clock = options.clock
        self._welcome: Welcome | None = None
        self._started = asyncio.Event()
        self._ended: ParleyError | None = None
        self._senders: dict[str, asyncio.Future[Sent]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._placing: set[str] = set()
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
        """Disconnect, end every feed, and fail every send that waits. Idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.connection.close()
        self._end(None)

    async def send(self, draft: Draft, timeout_s: float) -> Sent:
        """Send over the socket until acknowledged; see ``Chat.send``."""
        if self._ended is not None:
            raise self._ended
        now = self._clock.monotonic()
        ref = self.core.send(draft, now=now, deadline=now + timeout_s)
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

    async def post(self, draft: Draft, timeout_s: float) -> Sent:
        """Send over HTTP until acknowledged; see ``Chat.post``."""
        causes: list[ParleyError] = []
        try:
            async with asyncio.timeout(timeout_s):
                message, duplicate = await self._post_until_stored(draft, causes)
        except TimeoutError as error:
            cause = causes[-1] if causes else None
            raise NotAcknowledged(draft.client_id, cause=cause) from error
        self.core.take(message, self._clock.monotonic())
        self.pump()
        return Sent.of(message, duplicate=duplicate)

    async def catch_up(self, wait_s: float | None) -> None:
        """Fetch what is missing over HTTP; see ``Chat.catch_up``."""
        rooms = list(self.core.rooms.cursors())
        for first in range(0, max(len(rooms), 1), SYNC_ROOMS):
            await self._catch_up(rooms[first : first + SYNC_ROOMS], wait_s)
        if not self.core.online:
            await self._report()

    def learn(self, room: Room) -> Room:
        """Take in a room from HTTP; return it."""
        self.core.learn([room], self._clock.monotonic())
        self.pump()
        return room

    def pump(self) -> None:
        """Carry out what the core decided, and be called again when time may change something."""
        output = self.core.take_output()
        for command in output.commands:
            self.connection.post(command)
        for message in output.messages:
            self.inbox.put(message)
        for moved in output.moved:
            self.moves.put(moved)
        for settled in output.settled:
            sender = self._senders.get(settled.ref)
            if sender is None or sender.done():
                continue
            if isinstance(settled.outcome, Sent):
                sender.set_result(settled.outcome)
            else:
                sender.set_exception(settled.outcome)
        self._place_rooms()
        if self._alarm is None and self.core.busy and self._ended is None:
            self._alarm = self._clock.call_later(TICK_S, self._tick)

    # What the connection calls ----------------------------------------------------------------

    def on_frame(self, frame: ServerFrame) -> None:
        """Take in a frame."""
        self.frames.put(frame)
        self.core.receive(frame, self._clock.monotonic())
        if isinstance(frame, Welcome):
            self._welcome = frame
            self._started.set()
            if frame.more_rooms:
                self._spawn(self._learn_all())
        self.pump()

    def on_lost(self) -> None:
        """Take in the end of a connection."""
        self.core.disconnected(self._clock.monotonic())
        self.pump()

    # In the background ------------------------------------------------------------------------

    async def _post_until_stored(
        self, draft: Draft, causes: list[ParleyError]
    ) -> tuple[Message, bool]:
        while True:
            try:
                return await self._api.send(draft)
            except ParleyError as error:
                if not error.retriable:
                    raise
                causes.append(error)
            await sleep(self._clock, causes[-1].retry_after_s or PAUSE_S)

    async def _catch_up(self, rooms: list[str], wait_s: float | None) -> None:
        """Ask page by page, for as long as there is more."""
        while True:
            cursors = {room: self.core.rooms.cursor(room) for room in rooms}
            missing = await self._api.sync(cursors, wait_s=wait_s)
            now = self._clock.monotonic()
            self.core.learn([room for room in missing.changed if not room.removed], now)
            for message in missing.messages:
                self.core.take(message, now)
            self.core.synced(missing.rooms, now)
            for status in missing.statuses:
                self.core.advance(status)
            # Behind the messages: the last ones of a room that was left come with its farewell.
            self.core.learn([room for room in missing.changed if room.removed], now)
            self.pump()
            rooms = [entry.room for entry in missing.rooms if entry.has_more]
            if not rooms:
                return

    async def _report(self) -> None:
        """Report what was received and read; what gets lost is reported by the next connection."""
        for receipt in self.core.take_receipts(self._clock.monotonic()):
            is_read = isinstance(receipt, ReadReceipt)
            member = "read_seq" if is_read else "delivered_seq"
            await self._api.report_receipts(receipt.room, **{member: receipt.seq})

    async def _open_socket(self) -> Socket:
        origin = self._options.origin
        return await Socket.open(
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

    async def _learn_all(self) -> None:
        """Read the rooms that did not fit into ``welcome``."""
        try:
            async for room in self._api.rooms():
                self.learn(room)
        except ParleyError as error:
            logger.warning("The rooms beyond the welcome could not be read: %s", error)

    def _place_rooms(self) -> None:
        """Ask where the rooms begin of which only messages are known."""
        if self._ended is not None:
            return
        for room in self.core.rooms.unplaced - self._placing:
            self._placing.add(room)
            self._spawn(self._place(room))

    async def _place(self, room: str) -> None:
        try:
            self.learn(await self._api.room(room))
        except (NotFound, PermissionDenied):
            self.core.rooms.drop(room)
        except ParleyError as error:
            logger.warning("Room %s could not be read: %s", room, error)
        finally:
            self._placing.discard(room)

    def _tick(self) -> None:
        self._alarm = None
        self.core.tick(self._clock.monotonic())
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
        if self._alarm is not None:
            self._alarm.cancel()
        self.inbox.close(error)
        self.frames.close(error)
        self.moves.close(error)
        for sender in self._senders.values():
            if not sender.done():
                sender.set_exception(self._ended)
