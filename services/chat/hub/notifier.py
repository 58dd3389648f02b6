"""Tells badges of new messages: one flush task per process, however many sockets there are.

Of each room a session hears the first message at once and then the newest of each second. How much
is unread is asked in one statement for all who are told; while the database does not answer, the
newest message of each room waits, and nothing else is kept. What goes down without a message is
counted by ``recounts``.
"""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.chat.domain.newest import Newest
from services.chat.domain.ordering import LiveFrame
from services.chat.frames.glimpse import glimpse
from services.chat.hub.badge import Badge
from services.chat.hub.recounts import TOLD_PER_TURN, Key, Recounts
from services.chat.selectors.rooms import Head
from services.chat.selectors.unread import Unread, unread_of

EVERY_S = 1.0
"""Least time between two notifications of one room to one session."""
GATHER_S = 0.05
"""Least time between two flushes: what comes in between shares a statement."""
FLUSHED_AT_ONCE = 1000
"""Notifications of one flush; a busy process goes on with the others right afterwards."""
RETRY_AFTER_S = 1.0

log = structlog.get_logger(__name__)


class Notifier:
    """One per process."""

    def __init__(self, *, database: DatabaseThreads, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._newest: Newest[Key, LiveFrame] = Newest(every_s=EVERY_S)
        self._recounts = Recounts(database=database, is_awaited=self._newest.keeps)
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Return of how many rooms and sessions something is kept."""
        return len(self._newest) + self._recounts.watched

    def begin(self, badge: Badge) -> None:
        """Look after what a badge shows from its ``welcome``, until its ``end``."""
        for room in badge.shown:
            self._recounts.watch(badge, room)

    def end(self, badge: Badge) -> None:
        """Forget a badge whose socket has ended."""
        self._recounts.end(badge)

    def hear(self, badge: Badge, frame: LiveFrame) -> None:
        """Have a message told."""
        if self._newest.offer((badge, glimpse(frame.text).room), frame):
            self._news.set()

    def leave(self, badge: Badge, room: str) -> None:
        """Have it told that a room is its user's no more, and nothing of what was heard of it."""
        self._newest.forget((badge, room))
        self._recounts.leave(badge, room)
        self._news.set()

    def on_heads(self, heads: Sequence[Head]) -> None:
        """Look whether something was read elsewhere, in heads that were read just now."""
        self._recounts.on_heads(heads)
        if self._recounts.is_due:
            self._news.set()

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
        await self._tell_messages()
        await self._recounts.flush()

    async def _tell_messages(self) -> None:
        due = self._newest.due(self._clock.monotonic(), limit=FLUSHED_AT_ONCE)
        for key in [key for key in due if key[0].closed]:
            del due[key]
            self._newest.forget(key)
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
        if unread is None or badge.closed or not self._newest.keeps(key):
            self._newest.forget(key)
            return
        self._newest.told(key, frame, self._clock.monotonic())
        badge.tell(
            room=room,
            seq=frame.seq,
            sender=frame.sender,
            content=glimpse(frame.text).content,
            unread=unread,
        )
        self._recounts.watch(badge, room)

    async def _until_due(self) -> None:
        """Wait until something may be due."""
        while True:
            next_at_s, now_s = self._newest.next_at_s(), self._clock.monotonic()
            if self._recounts.is_due or (next_at_s is not None and next_at_s <= now_s):
                return
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if next_at_s is None else next_at_s - now_s):
                    await self._news.wait()
