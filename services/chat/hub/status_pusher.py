"""Tells sessions how far the members of their rooms are: from advances to ``status`` frames.

Of each room the first claim is told at once, and what comes in the next moment together. What is
told of a room needs its members' watermarks, which are read when the first advance is heard: while
the database does not answer, advances are kept, merged by member, and told later.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from libs.common.events import Advance
from services.chat.domain.pressure import AT_EASE, INTERVALS, Level, Pressure
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.marks import News
from services.chat.hub.room_status import RecentNews
from services.chat.hub.session import Seat
from services.chat.selectors.marks import marks_of
from services.chat.selectors.rooms import Head

SMALL_EVERY_S = INTERVALS[Level.CALM].statuses_s
"""Least time between two statuses of a room in which everybody is told who advanced, while the
process is calm."""
LARGE_EVERY_S = 1.0
"""The same of a larger one: who is furthest behind is looked for among all its members."""
OWN_AFTER_S = 0.5
"""How long an advance that only passes its member's own messages waits for company: nobody's ticks
hang on it, and told by itself it would keep the ticks that follow it waiting."""
SOCKETS_PER_TURN = 200
"""Sockets written before the event loop gets a turn."""
ROOMS_PER_READING = 100
"""Rooms whose members one statement reads: some thousand rows at most, but for the largest."""
RETRY_AFTER_S = 0.25
"""Pause before reading again what could not be read."""
RECENT_S = 5.0
"""How long chat's projection may lag behind the tail so that a session that opens misses nothing;
what lags longer is found by the safety net."""

HEARD = metrics.counter("parley_status_advances", "Advances heard of rooms with sessions here.")
TELLINGS = metrics.counter("parley_status_tellings", "Times that a room's advances were told.")
FRAMES = metrics.counter("parley_status_frames", "Status frames handed to sessions.")
READ = metrics.counter("parley_status_rooms_read", "Rooms whose members' watermarks were read.")
DOUBTED = metrics.counter(
    "parley_safety_net_statuses", "Rooms whose watermarks the safety net had told anew."
)

log = structlog.get_logger(__name__)


class StatusPusher:
    """One per process, in its event loop.

    Args:
        room_of: returns a room that has seats here; None where it has none.
        pressure: says how often a small room is told.
    """

    def __init__(
        self,
        *,
        room_of: Callable[[str], LocalRoom | None],
        database: DatabaseThreads,
        clock: Clock,
        pressure: Pressure = AT_EASE,
    ) -> None:
        self._pressure = pressure
        self._room_of = room_of
        self._database = database
        self._clock = clock
        self._recent = RecentNews(keep_s=RECENT_S)
        self._due: list[tuple[float, int, LocalRoom]] = []
        self._count = itertools.count()
        self._is_due = asyncio.Event()
        self._unread: dict[str, LocalRoom] = {}
        self._is_unread = asyncio.Event()

    # -- what it hears of -----------------------------------------------------------------------

    def hear(self, advances: Sequence[Advance]) -> None:
        """Have advances told; returns at once. The same ones may come again."""
        now_s = asyncio.get_running_loop().time()
        heard = 0
        for advance in advances:
            news = News.of(advance)
            self._recent.add(advance.room, news, now_s=now_s)
            room = self._room_of(advance.room)
            if room is not None:
                heard += 1
                room.status.watch.heard()
                room.status.hidden_watch.heard()
                room.status.marks.hear(news)
                due_s = now_s + OWN_AFTER_S if advance.is_own else now_s
                self._look_at(room, max(due_s, room.status.rest_until_s))
        HEARD.inc(heard)

    def sat_down(self, room: LocalRoom, seat: Seat) -> None:
        """Tell a session, which is live now, what it cannot have read of a room.

        Also where it was told of a room that has changed: by rows that may be older than what it
        knew, and who was furthest behind may have left.

        Not long polls: they read when they are asked, and would be answered the same again.
        """
        now_s = asyncio.get_running_loop().time()
        if seat.session.kind == "chat" and self._recent.of(room.id, now_s=now_s):
            room.status.newcomers.append(seat)
            self._look_at(room, now_s)

    def compare(self, heads: Sequence[Head], *, is_silent: bool) -> None:
        """Find rooms of which advances were lost, and have their watermarks told anew.

        Args:
            heads: of the rooms here, as the database has them.
            is_silent: nothing comes over the tail.
        """
        now_s = asyncio.get_running_loop().time()
        for head in heads:
            room = self._room_of(head.room)
            if room is None:
                continue
            status = room.status
            is_behind = status.watch.is_behind(head.marks_version, is_silent=is_silent)
            hides = status.hidden_watch.is_behind(head.all_marks_version, is_silent=is_silent)
            if is_behind or hides:
                DOUBTED.inc()
                status.marks.doubt(is_hidden=not is_behind)
                self._look_at(room, now_s)

    # -- what it does ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell for ever; cancel it to stop."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_for_ever(), name="status-reader")
            await self._tell_for_ever()

    async def _tell_for_ever(self) -> None:
        while True:
            await self._until_due()
            due_s, _, room = heapq.heappop(self._due)
            if room.status.due_s != due_s or self._room_of(room.id) is not room:
                continue  # there is an earlier entry, or nobody sits there any more
            room.status.due_s = None
            try:
                await self._serve(room)
            except Exception:
                log.exception("status_pusher_bug", room=room.id)

    async def _serve(self, room: LocalRoom) -> None:
        """Do what is due in a room; it is looked at again where that has to wait."""
        status = room.status
        if self._unread.get(room.id) is room:
            return
        if status.marks.needs_reading(room.version):
            self._unread[room.id] = room
            self._is_unread.set()
            return
        if status.newcomers:
            await self._tell_newcomers(room)
        now_s = asyncio.get_running_loop().time()
        if status.marks.has_news and now_s >= status.rest_until_s:
            await self._tell(room, now_s)
        elif status.marks.has_news:
            self._look_at(room, status.rest_until_s)

    async def _tell(self, room: LocalRoom, now_s: float) -> None:
        status = room.status
        small_s = self._pressure.intervals.statuses_s
        status.rest_until_s = now_s + (small_s if status.marks.is_small else LARGE_EVERY_S)
        telling = status.marks.take(now_ms=round(self._clock.now().timestamp() * 1000))
        if telling is None:
            return
        TELLINGS.inc()
        for number, seat in enumerate(list(room.seats.values()), start=1):
            if number % SOCKETS_PER_TURN == 0:
                await asyncio.sleep(0)
            if _may_be_told(room, seat):
                live = telling.to(seat.session.user, seat.session.id)
                if live is not None:
                    FRAMES.inc()
                    seat.tell(live)

    async def _tell_newcomers(self, room: LocalRoom) -> None:
        newcomers, room.status.newcomers = room.status.newcomers, []
        recent = self._know_recent(room)
        for number, seat in enumerate(newcomers, start=1):
            if number % SOCKETS_PER_TURN == 0:
                await asyncio.sleep(0)
            if _may_be_told(room, seat):
                live = room.status.marks.for_newcomer(seat.session.user, recent)
                if live is not None:
                    FRAMES.inc()
                    seat.tell(live)

    def _know_recent(self, room: LocalRoom) -> Mapping[str, News]:
        recent = self._recent.of(room.id, now_s=asyncio.get_running_loop().time())
        for news in recent.values():
            room.status.marks.know(news.mark)
        return recent

    def _look_at(self, room: LocalRoom, at_s: float) -> None:
        """Have a room looked at then, or before."""
        if room.status.due_s is None or at_s < room.status.due_s:
            room.status.due_s = at_s
            heapq.heappush(self._due, (at_s, next(self._count), room))
            self._is_due.set()

    async def _until_due(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._due or self._due[0][0] > loop.time():
            self._is_due.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._due[0][0] if self._due else None):
                    await self._is_due.wait()

    # -- reading --------------------------------------------------------------------------------

    async def _read_for_ever(self) -> None:
        while True:
            await self._is_unread.wait()
            try:
                await self._read_some()
            except ParleyError as error:
                log.info("status_pusher_waits", code=error.code)
                await asyncio.sleep(RETRY_AFTER_S)
            except Exception:
                log.exception("status_reader_bug")
                await asyncio.sleep(RETRY_AFTER_S)

    async def _read_some(self) -> None:
        """Read the watermarks of rooms that wait for it, in one statement."""
        rooms = []
        for room in list(itertools.islice(self._unread.values(), ROOMS_PER_READING)):
            if self._room_of(room.id) is room:
                rooms.append(room)
            else:
                del self._unread[room.id]
        if rooms:
            await self._read(rooms)
        if not self._unread:
            self._is_unread.clear()

    async def _read(self, rooms: Sequence[LocalRoom]) -> None:
        versions = [room.version for room in rooms]
        for room in rooms:
            room.status.marks.begin_reading()
        answer = await self._database.run(marks_of, [room.id for room in rooms])
        found = {each.room: each for each in answer}
        READ.inc(len(found))
        now_s = asyncio.get_running_loop().time()
        for room, version in zip(rooms, versions, strict=True):
            room.status.marks.read(found.get(room.id), asked_version=version)
            self._know_recent(room)
            if self._unread.get(room.id) is room:
                del self._unread[room.id]
            self._look_at(room, now_s)


def _may_be_told(room: LocalRoom, seat: Seat) -> bool:
    """Tell whether a seat is still there, of a member, and of a session that wants statuses."""
    return (
        room.seats.get(seat.session.id) is seat
        and seat.until is None
        and seat.session.kind != "notifications"
    )
