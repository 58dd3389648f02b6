"""What the queue service has for sessions: what they missed, and what became of queued messages.

A replay is pulled as fast as its socket takes it, a page at a time, beside the live frames. There
is one at a time per session: what is offered meanwhile is dropped, and will be offered again.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.events import MissedRange, OutgoingFailed, OutgoingSent, ReplayOffered
from libs.common.tasks import TaskSet
from services.chat.frames.server import Ack, Drained, Failed, encode
from services.chat.hub.outbound import Outbound
from services.chat.hub.session import Session
from services.chat.selectors.replay import ReplayPage, missed_messages

AT_ONCE = 4
"""Replays of the process that read at the same time: the others of its readers have to live too."""
TRIES = 5
RETRY_AFTER_S = 0.5
"""How often, and after which pause, a page is read that could not be read."""

REPLAYS = metrics.counter("parley_replays", "Offers of the queue, by what became of them.", ["end"])
REPLAYED = metrics.counter("parley_replayed_messages", "Messages replayed to sessions.")

log = structlog.get_logger(__name__)


class QueueDeliveries:
    """One per process.

    Args:
        sessions_of: returns the sessions of a user in this process.
    """

    def __init__(
        self,
        *,
        sessions_of: Callable[[str], Iterable[Session]],
        database: DatabaseThreads,
    ) -> None:
        self._sessions_of = sessions_of
        self._database = database
        self._tasks = TaskSet()
        self._running: set[str] = set()
        self._drained: set[str] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def on_offered(self, event: ReplayOffered) -> None:
        """Send a session what it is offered, then ``drained``; not again while that goes on."""
        for session in self._sessions_of(event.user):
            if session.id != event.session or not isinstance(session.listener, Outbound):
                continue
            if session.id in self._running:
                REPLAYS.labels("dropped").inc()
                return
            self._running.add(session.id)
            self._tasks.spawn(
                self._replay(session.id, session.user, session.listener, event.ranges),
                name="replay",
            )

    def on_sent(self, event: OutgoingSent) -> None:
        """Tell a person's sessions that a queued message of theirs is in its room."""
        frame = Ack(
            client_id=event.client_id,
            room=event.room,
            id=f"{event.room}.{event.seq}",
            seq=event.seq,
            created_at=event.at,
            duplicate=False,
        )
        self._tell(event.user, encode(frame))

    def on_failed(self, event: OutgoingFailed) -> None:
        """Tell a person's sessions that a queued message of theirs was given up."""
        frame = Failed(
            client_id=event.client_id, room=event.room, code=event.code, message=event.message
        )
        self._tell(event.user, encode(frame))

    def closed(self, session: Session) -> None:
        """Forget a session."""
        self._drained.discard(session.id)

    async def stop(self) -> None:
        """End what still goes on."""
        await self._tasks.stop()

    def _tell(self, user: str, frame: str) -> None:
        for session in self._sessions_of(user):
            if session.is_live and isinstance(session.listener, Outbound):
                session.listener.send(frame)

    async def _replay(
        self, session: str, user: str, outbound: Outbound, ranges: Sequence[MissedRange]
    ) -> None:
        try:
            count = await self._send_missed(user, outbound, ranges)
            if outbound.closed:
                REPLAYS.labels("closed").inc()
                return
            if count or session not in self._drained:
                outbound.send(encode(Drained(count=count)))
                self._drained.add(session)
            REPLAYS.labels("drained").inc()
        except ParleyError as error:
            REPLAYS.labels("put off").inc()  # it is offered again
            log.info("replay_put_off", code=error.code)
        finally:
            self._running.discard(session)

    async def _send_missed(
        self, user: str, outbound: Outbound, ranges: Sequence[MissedRange]
    ) -> int:
        """Send what was missed; return how many messages that was."""
        count = 0
        while ranges and not outbound.closed:
            async with self._turns:
                page = await self._read(user, ranges)
            for message in page.messages:
                await outbound.has_room()
                outbound.send(encode(message))
            count += len(page.messages)
            REPLAYED.inc(len(page.messages))
            ranges = page.left
        return count

    async def _read(self, user: str, ranges: Sequence[MissedRange]) -> ReplayPage:
        """Read a page; a database that is away for a moment is waited for.

        Raises:
            ParleyError: it stays away.
        """
        for left in reversed(range(TRIES)):
            try:
                return await self._database.run(missed_messages, user_id=user, ranges=ranges)
            except ParleyError:
                if not left:
                    raise
                await asyncio.sleep(RETRY_AFTER_S)
        raise AssertionError("unreachable")
