"""Tells badges that show too much: something was read elsewhere, or a room was left.

There is no message to tell of then, so the newest one of somebody else is told again, with the
counts of now. A room is looked after for as long as a badge shows something unread in it; that
watermarks have risen is seen in the heads that are read anyway, so nothing is done for a message or
a receipt, and what is told stands in the rows already.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence

from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError
from services.chat.hub.badge import Badge
from services.chat.selectors.rooms import Head
from services.chat.selectors.unread import summaries_of

COUNTED_AT_ONCE = 1000
"""Rooms of badges that are counted in one statement."""
TOLD_PER_TURN = 200
"""Sockets written before the event loop gets a turn."""

Key = tuple[Badge, str]


class Recounts:
    """One per process, in its event loop.

    Args:
        database: is asked how much is unread.
        is_awaited: tells whether a badge is to be told of a message soon, with the counts of then.
    """

    def __init__(self, *, database: DatabaseThreads, is_awaited: Callable[[Key], bool]) -> None:
        self._database = database
        self._is_awaited = is_awaited
        # By room; with the version of its marks at which it was counted last.
        self._watched: dict[str, dict[Badge, int | None]] = {}
        self._due: dict[Key, None] = {}

    @property
    def is_due(self) -> bool:
        """Whether anything is to be counted."""
        return bool(self._due)

    @property
    def watched(self) -> int:
        """Return how many rooms are looked after."""
        return len(self._watched)

    def watch(self, badge: Badge, room: str) -> None:
        """Look after a room of which a badge was told just now, by rows that may have been old."""
        if room in badge.shown:
            self._watched.setdefault(room, {})[badge] = None
        else:
            self._unwatch(badge, room)

    def leave(self, badge: Badge, room: str) -> None:
        """Count what is left without a room."""
        self._unwatch(badge, room)
        self._due[badge, room] = None

    def end(self, badge: Badge) -> None:
        """Forget a badge that has ended."""
        for room in badge.shown:
            self._unwatch(badge, room)

    def on_heads(self, heads: Sequence[Head]) -> None:
        """Have those rooms counted in which watermarks have risen since it was done last."""
        for head in heads:
            badges = self._watched.get(head.room, {})
            for badge, version in badges.items():
                key = (badge, head.room)
                if version != head.all_marks_version and not self._is_awaited(key):
                    badges[badge] = head.all_marks_version
                    self._due[key] = None

    async def flush(self) -> None:
        """Tell what is due.

        Raises:
            ParleyError: the database did not answer; what is due stays so.
        """
        due = list(itertools.islice(self._due, COUNTED_AT_ONCE))
        for key in due:
            del self._due[key]
        wanted = {(badge.user, room) for badge, room in due if not badge.closed}
        if not wanted:
            return
        try:
            found = await self._database.run(summaries_of, wanted)
        except ParleyError:
            self._due = dict.fromkeys(due) | self._due
            raise
        for number, (badge, room) in enumerate(due, start=1):
            if number % TOLD_PER_TURN == 0:
                await asyncio.sleep(0)
            summary = found.get((badge.user, room))
            if summary is None or badge.closed or not badge.shows_more(room, summary.unread):
                continue
            badge.tell(
                room=room,
                seq=summary.seq,
                sender=summary.sender,
                content=summary.content,
                unread=summary.unread,
            )
            if room not in badge.shown:
                self._unwatch(badge, room)

    def _unwatch(self, badge: Badge, room: str) -> None:
        badges = self._watched.get(room, {})
        badges.pop(badge, None)
        if not badges:
            self._watched.pop(room, None)
