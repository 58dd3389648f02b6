"""What the process keeps of one room to tell of its watermarks: what, when, and whether to doubt it.

No clock and no I/O.
"""

from dataclasses import dataclass, field

from services.chat.hub.marks import News, RoomMarks
from services.chat.hub.session import Seat


class MarksWatch:
    """Compares the version of a room's marks in the database with what the tail brings.

    Versions and advances are not the same thing, so the tail is believed as long as it speaks: a
    version that moves while it is quiet tells of advances that were lost.
    """

    def __init__(self) -> None:
        self._seen: int | None = None
        self._suspects = False
        self._heard_now = self._heard_before = False

    def begin(self, version: int) -> None:
        """Begin with a version of which all who sit in the room know. The first one counts."""
        if self._seen is None:
            self._seen = version

    def heard(self) -> None:
        """Note that the tail brought an advance."""
        self._heard_now = True

    def is_behind(self, version: int, *, is_silent: bool) -> bool:
        """Tell, once, whether advances were lost; to be asked at each comparison.

        Args:
            version: of the marks, in the database.
            is_silent: nothing comes over the tail: there is nothing to wait for.
        """
        heard = self._heard_now or self._heard_before
        self._heard_before, self._heard_now = self._heard_now, False
        if self._seen is None:
            # Nobody knows at which version the first session sat down. At 0 nothing has advanced.
            self._seen = version
            return version > 0
        if version <= self._seen or (heard and not is_silent):
            self._seen, self._suspects = version, False
            return False
        if not is_silent and not self._suspects:
            self._suspects = True  # it may be on its way: one comparison long
            return False
        self._seen, self._suspects = version, False
        return True


@dataclass(slots=True, eq=False)
class RoomStatus:
    """The statuses of a room.

    Attributes:
        watch: over what others may know; ``hidden_watch`` over all, what is read in private too.
        newcomers: seats of sessions that may have read older watermarks than were told before.
        due_s: when it is looked at again, in the event loop's time; None where nothing is due.
        rest_until_s: until when nothing more is told to those who were told already.
    """

    marks: RoomMarks
    watch: MarksWatch = field(default_factory=MarksWatch)
    hidden_watch: MarksWatch = field(default_factory=MarksWatch)
    newcomers: list[Seat] = field(default_factory=list)
    due_s: float | None = None
    rest_until_s: float = 0.0


class RecentNews:
    """What was heard lately of all rooms, whoever is here.

    A session reads the rows of its rooms and takes its seats afterwards: what passed before, and
    is not in the rows yet, is found here.

    Args:
        keep_s: how long news are kept at least; at most twice as long.
    """

    def __init__(self, *, keep_s: float) -> None:
        self._keep_s = keep_s
        self._turn_at_s = 0.0
        self._old: dict[str, dict[str, News]] = {}
        self._new: dict[str, dict[str, News]] = {}

    def add(self, room: str, news: News, *, now_s: float) -> None:
        """Keep the news of one member of a room."""
        self._turn(now_s)
        heard = self._new.setdefault(room, {})
        before = heard.get(news.mark.user)
        heard[news.mark.user] = news if before is None else before.and_(news)

    def of(self, room: str, *, now_s: float) -> dict[str, News]:
        """Return what was heard of a room, by user."""
        self._turn(now_s)
        found = dict(self._old.get(room, {}))
        for user, news in self._new.get(room, {}).items():
            before = found.get(user)
            found[user] = news if before is None else before.and_(news)
        return found

    def _turn(self, now_s: float) -> None:
        if now_s >= self._turn_at_s + self._keep_s:
            # After a long pause both are old.
            kept = self._new if now_s < self._turn_at_s + 2 * self._keep_s else {}
            self._old, self._new, self._turn_at_s = kept, {}, now_s
