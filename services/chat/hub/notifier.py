"""Tells badges of new messages: one flush task per process, however many sockets there are.

Of each room a session hears the first message at once and then the newest of each second. How much
is unread is asked in one statement for all who are told; while the database does not answer, the
newest message of each room waits, and nothing else is kept.
"""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.chat.domain.ordering import LiveFrame
from services.chat.domain.pacing import Pacing
from services.chat.domain.preview import preview
from services.chat.frames.glimpse import glimpse
from services.chat.frames.server import Custom, Notification, RoomUpdate, encode
from services.chat.hub.live_status import LiveStatus
from services.chat.hub.outbound import Outbound
from services.chat.selectors.unread import Unread, unread_of

EVERY_S = 1.0
"""Least time between two notifications of one room to one session."""
GATHER_S = 0.05
"""Least time between two flushes: what comes in between shares a statement."""
FLUSHED_AT_ONCE = 1000
"""Notifications of one flush; a busy process goes on with the others right afterwards."""
TOLD_PER_TURN = 200
"""Sockets written before the event loop gets a turn."""
RETRY_AFTER_S = 1.0

NOTIFICATIONS = metrics.counter("parley_notifications", "Notifications sent to badges.")

log = structlog.get_logger(__name__)

Key = tuple["Badge", str]


@dataclass(slots=True, eq=False)
class Badge:
    """The ``Listener`` of a session that gets summaries only."""

    user: str
    outbound: Outbound
    notifier: "Notifier"

    @property
    def closed(self) -> bool:
        """Whether the socket has ended."""
        return self.outbound.closed

    def message(self, frame: LiveFrame) -> None:
        """Have somebody else's message told when its time has come."""
        if frame.sender != self.user:
            self.notifier.hear(self, frame)

    def status(self, status: LiveStatus) -> None:
        """Let it pass: a badge shows no ticks."""

    def room(self, update: RoomUpdate) -> None:
        """Tell nothing more of a room that the user is not in any more."""
        if update.removed is True:
            self.notifier.forget(self, update.id)

    def custom(self, frame: Custom) -> None:
        """Let it pass: it goes to chats only."""

    def offer(self, frame: str) -> bool:  # noqa: ARG002 - as its protocol
        """Let it pass: a badge shows nobody."""
        return True

    def close(self, code: int) -> None:
        """Close the socket."""
        self.outbound.close(code)

    def send_away(self, after_ms: int) -> None:
        """Close it, and say when to come back."""
        self.outbound.send_away(after_ms)


class Notifier:
    """One per process."""

    def __init__(self, *, database: DatabaseThreads, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._pacing: Pacing[Key, LiveFrame] = Pacing(every_s=EVERY_S)
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Return of how many rooms and sessions something is kept."""
        return len(self._pacing)

    def hear(self, badge: Badge, frame: LiveFrame) -> None:
        """Have a message told."""
        if self._pacing.offer((badge, glimpse(frame.text).room), frame):
            self._news.set()

    def forget(self, badge: Badge, room: str) -> None:
        """Tell nothing of what was heard of a room."""
        self._pacing.forget((badge, room))

    async def run(self) -> None:
        """Tell for ever; cancel it to stop."""
        while True:
            await self._until_due()
            try:
                await self.flush()
                await asyncio.sleep(GATHER_S)
            except ParleyError as error:
                log.info("notifier_waits", code=error.code)
                await asyncio.sleep(RETRY_AFTER_S)
            except Exception:
                log.exception("notifier_bug")
                await asyncio.sleep(RETRY_AFTER_S)

    async def flush(self) -> None:
        """Tell what is due.

        Raises:
            ParleyError: the database did not answer; what is due stays so.
        """
        due = self._pacing.due(self._clock.monotonic(), limit=FLUSHED_AT_ONCE)
        for key in [key for key in due if key[0].closed]:
            del due[key]
            self._pacing.forget(key)
        if not due:
            return
        wanted = {(badge.user, room) for badge, room in due}
        unread = await self._database.run(unread_of, wanted)
        for number, (key, frame) in enumerate(due.items(), start=1):
            if number % TOLD_PER_TURN == 0:
                await asyncio.sleep(0)
            self._tell(key, frame, unread.get((key[0].user, key[1])))

    def _tell(self, key: Key, frame: LiveFrame, unread: Unread | None) -> None:
        badge, room = key
        if unread is None or badge.closed or not self._pacing.keeps(key):
            self._pacing.forget(key)
            return
        self._pacing.told(key, frame, self._clock.monotonic())
        NOTIFICATIONS.inc()
        badge.outbound.send(
            encode(
                Notification(
                    room=room,
                    seq=frame.seq,
                    sender=frame.sender,
                    preview=preview(glimpse(frame.text).content),
                    unread=unread.room,
                    unread_total=unread.total,
                )
            )
        )

    async def _until_due(self) -> None:
        """Wait until something may be due."""
        while True:
            next_at_s, now_s = self._pacing.next_at_s(), self._clock.monotonic()
            if next_at_s is not None and next_at_s <= now_s:
                return
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if next_at_s is None else next_at_s - now_s):
                    await self._news.wait()
