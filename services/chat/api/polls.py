"""Long polls: sessions of the hub that last as long as one request waits for news.

A poll only hears *that* there is news; what they are is read from the database, by the cursors of
whoever asks. So nothing can be lost between two polls, and a waiting poll keeps no message.
"""

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator

from libs.common.errors import RateLimited, Unavailable
from services.chat.domain.closing import RESTARTING
from services.chat.domain.ordering import LiveFrame
from services.chat.frames.glimpse import glimpse
from services.chat.frames.server import Custom, RoomUpdate
from services.chat.hub import Hub, Session
from services.chat.hub.live_status import LiveStatus
from services.chat.selectors.rooms import bare_rooms_of

POLLS_OF_ONE = 4
"""Long polls of one user at a time in this process: a few tabs, and those not known to be lost."""
POLLS = 2000
"""Long polls of this process. Each is a request with a seat in every room of its user."""
READING = 4
"""Polls that read at the same time: a message wakes all of a room, and others need the database."""
READ_WITHIN_S = 4.0
"""How long a poll waits for its turn to read. After its longest wait: below the 30 s of clients."""
RETRY_AFTER_S = 1.0


class Poll:
    """The ``Listener`` of one long poll.

    Attributes:
        rooms: in which something was written, since the poll began.
        changed: rooms that have changed, were joined or left since then.
        heads: the rooms as it began, and how far each was.
        statuses: how far the members of rooms have come since then, one for each room.
        close_code: why it has to end before its time; None while it has not.
    """

    def __init__(self) -> None:
        self.rooms: set[str] = set()
        self.changed: set[str] = set()
        self.heads: dict[str, int] = {}
        self.statuses: dict[str, LiveStatus] = {}
        self.close_code: int | None = None
        self._news = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether it has to end before its time."""
        return self.close_code is not None

    def message(self, frame: LiveFrame) -> None:
        """Note where something was written."""
        self.rooms.add(glimpse(frame.text).room)
        self._news.set()

    def status(self, status: LiveStatus) -> None:
        """Keep what is told of watermarks: the database may not know it yet."""
        before = self.statuses.get(status.room)
        self.statuses[status.room] = status if before is None else before.and_(status)
        self._news.set()

    def room(self, update: RoomUpdate) -> None:
        """Note that a room has changed."""
        if update.removed is True:
            self.statuses.pop(update.id, None)
        self.changed.add(update.id)
        self._news.set()

    def custom(self, frame: Custom) -> None:
        """Let it pass: an answer has no place for it."""

    def offer(self, frame: str) -> bool:  # noqa: ARG002 - as its protocol
        """Let it pass likewise."""
        return True

    def close(self, code: int) -> None:
        """Have it end."""
        self.close_code = code
        self._news.set()

    def send_away(self, after_ms: int) -> None:  # noqa: ARG002 - it asks again as it likes
        """Have it answered, so that its client asks elsewhere."""
        self.close(RESTARTING)

    async def heard(self, *, until_s: float) -> bool:
        """Wait for news; those that were there before count.

        Args:
            until_s: how long, in the event loop's time.

        Returns:
            Whether there are any; False where its time is over, or it has to end before.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                await self._news.wait()
        there_are = self._news.is_set() and not self.closed
        self._news.clear()
        return there_are


class Polls:
    """All long polls of this process.

    Args:
        at_most: how many of them there may be.
        read_within_s: how long each may wait for its turn to read.
    """

    def __init__(
        self, *, hub: Hub, at_most: int = POLLS, read_within_s: float = READ_WITHIN_S
    ) -> None:
        self._reading = asyncio.Semaphore(READING)
        self._read_within_s = read_within_s
        self._hub = hub
        self._at_most = at_most
        self._open: set[Poll] = set()
        self._of_user: Counter[str] = Counter()
        self._stopping = False

    @contextlib.asynccontextmanager
    async def open(self, *, user: str, sid: str) -> AsyncIterator[Poll]:
        """Listen to the rooms of a user inside the block.

        Raises:
            RateLimited: the user has too many already.
            Unavailable: the process has.
            ParleyError: the database did not answer.
        """
        if self._of_user[user] >= POLLS_OF_ONE:
            raise RateLimited("Too many long polls at once.", retry_after_s=RETRY_AFTER_S)
        if len(self._open) >= self._at_most:
            raise Unavailable(retry_after_s=RETRY_AFTER_S)
        poll = Poll()
        session = Session(str(uuid.uuid4()), user, sid, poll, "poll")
        self._open.add(poll)
        self._of_user[user] += 1
        try:
            async with self.reading():
                rooms = await self._hub.open(session, read=bare_rooms_of)
            poll.heads = {room.id: room.last_seq for room in rooms}
            self._hub.go_live(session)
            if self._stopping:
                poll.close(RESTARTING)
            yield poll
        finally:
            self._hub.leave(session)
            self._open.remove(poll)
            self._of_user[user] -= 1
            if not self._of_user[user]:
                del self._of_user[user]

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Take a turn to read, for as long as the block lasts.

        Raises:
            Unavailable: it did not come in time.
        """
        try:
            async with asyncio.timeout(self._read_within_s):
                await self._reading.acquire()
        except TimeoutError:
            raise Unavailable(retry_after_s=RETRY_AFTER_S) from None
        try:
            yield
        finally:
            self._reading.release()

    def begin_to_stop(self) -> None:
        """Have every poll answered at once, from now on."""
        self._stopping = True
        for poll in self._open:
            poll.close(RESTARTING)
