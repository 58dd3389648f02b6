"""The watermarks of one room's members as this process knows them, and what is to be told of them.

*Known* is the greatest of what was read and what was heard; *told* is what all sessions in the room
were sent. What is heard is told unless it was told before: that a reading shows it already does not
mean that anybody here knows it. No clock and no I/O.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self

from msgspec import UNSET

from libs.common.clock import instant_of, to_wire
from libs.common.events import Advance
from services.chat.frames.lowest import lowest
from services.chat.frames.server import Lowest, MemberMark, Status
from services.chat.hub.live_status import LiveStatus, Telling
from services.chat.selectors.marks import MarksRead

SMALL_ROOM = 32
"""Most present members of a room in which everybody is told who advanced."""


class Mark(NamedTuple):
    """How far a member is; ``shown_read_seq`` is ``read_seq`` as the others may know it."""

    user: str
    delivered_seq: int
    read_seq: int
    shown_read_seq: int

    def raised(self, other: "Mark | None") -> "Mark":
        """Return the greatest of these watermarks and others of the same member."""
        if other is None:
            return self
        return Mark(
            self.user,
            max(self.delivered_seq, other.delivered_seq),
            max(self.read_seq, other.read_seq),
            max(self.shown_read_seq, other.shown_read_seq),
        )

    def is_more_to_others(self, before: "Mark | None") -> bool:
        """Tell whether the others may know more by this than by what was known before."""
        return (
            before is None
            or self.delivered_seq > before.delivered_seq
            or self.shown_read_seq > before.shown_read_seq
        )

    def is_more(self, before: "Mark | None") -> bool:
        """Tell whether anything of it is above what was known before."""
        return before is None or self.raised(before) != before

    def as_shown(self, at_ms: int) -> MemberMark:
        """Return it as the others see it."""
        return MemberMark(
            user=self.user,
            delivered_seq=self.delivered_seq,
            read_seq=self.shown_read_seq,
            at=to_wire(instant_of(at_ms)),
        )

    def as_own(self, at_ms: int) -> MemberMark:
        """Return it as the member's own sessions see it."""
        return MemberMark(
            user=self.user,
            delivered_seq=self.delivered_seq,
            read_seq=self.read_seq,
            at=to_wire(instant_of(at_ms)),
        )


class News(NamedTuple):
    """What was heard of one member; several advances become one.

    Attributes:
        at_ms: when the newest of it happened, in Unix milliseconds.
        shown_at_ms: the same, of what the others may know; None where that is nothing.
        session: the one session that knows all of it; None where that is nobody.
    """

    mark: Mark
    at_ms: int
    shown_at_ms: int | None
    session: str | None

    @classmethod
    def of(cls, advance: Advance) -> Self:
        """Return what one advance tells."""
        mark = Mark(advance.user, advance.delivered_seq, advance.read_seq, advance.shown_read_seq)
        shown_at_ms = None if advance.is_hidden else advance.at_ms
        return cls(mark, advance.at_ms, shown_at_ms, advance.session)

    def and_(self, later: "News") -> "News":
        """Return this and what was heard later; what adds nothing changes nothing."""
        mark = self.mark.raised(later.mark)
        shows_more = later.is_shown and (not self.is_shown or mark.is_more_to_others(self.mark))
        if mark == self.mark and not shows_more:
            return self
        return News(
            mark,
            later.at_ms,
            later.shown_at_ms if shows_more else self.shown_at_ms,
            self.session if self.session == later.session else None,
        )

    @property
    def is_shown(self) -> bool:
        """Whether the others are to hear of it."""
        return self.shown_at_ms is not None

    def adds_to(self, told: Mark | None, *, now: Mark) -> bool:
        """Tell whether there is anything to tell of a member, who is ``now`` there."""
        if self.is_shown or told is None:
            return now.is_more(told)
        return now.read_seq > told.read_seq

    def told(self, *, before: Mark | None, now: Mark) -> Mark:
        """Return what a member's sessions have been told, and the others, once this was."""
        if self.is_shown:
            return now
        known = before or Mark(now.user, 0, 0, 0)
        return known._replace(read_seq=now.read_seq)


class RoomMarks:
    """The watermarks of a room, for as long as it has seats.

    Attributes:
        members: the present ones, as far as they are known to be.
        is_direct: whether each of two sees the other one only.
    """

    def __init__(self, room: str) -> None:
        self.room = room
        self.members: dict[str, Mark] = {}
        self.is_direct = False
        self._heard: dict[str, News] = {}
        self._met: dict[str, Mark] = {}
        self._told: dict[str, Mark] = {}
        self._lowest: list[Lowest] | None = None
        self._lowest_told: list[Lowest] | None = None
        self._asked_version = 0
        self._must_read = True
        self._doubted = self._doubts_hidden = False

    @property
    def is_small(self) -> bool:
        """Whether everybody is told who advanced."""
        return len(self.members) <= SMALL_ROOM

    @property
    def has_news(self) -> bool:
        """Whether something was heard, or doubted, and has not been told."""
        return bool(self._heard) or self._doubted or self._doubts_hidden

    def hear(self, news: News) -> None:
        """Take note of an advance of one member."""
        self._note(news)
        if news.mark.user not in self.members:
            self._must_read = True  # joined, it may be; or has left, which a reading tells too
        self.know(news.mark)

    def _note(self, news: News) -> None:
        before = self._heard.get(news.mark.user)
        self._heard[news.mark.user] = news if before is None else before.and_(news)

    def know(self, mark: Mark) -> None:
        """Raise what is known of a member to this, without telling it."""
        known = self.members.get(mark.user)
        if known is not None and mark.is_more(known):
            self.members[mark.user] = known.raised(mark)
            self._lowest = None

    def meet(self, told: Iterable[Lowest], user: str) -> None:
        """Take what a user's session was told of others: by rows that may be newer than ours."""
        for each in told:
            if each.user != user:
                mark = Mark(each.user, each.delivered_seq, each.read_seq, each.read_seq)
                self._met[each.user] = mark.raised(self._met.get(each.user))
                self.know(mark)

    def doubt(self, *, is_hidden: bool = False) -> None:
        """Expect that advances were lost: read, and tell everybody everything anew.

        Args:
            is_hidden: only such were lost as others are not to hear of.
        """
        self._must_read = True
        if is_hidden:
            self._doubts_hidden = True
        else:
            self._doubted = True

    # -- reading ------------------------------------------------------------------------------

    def needs_reading(self, version: int) -> bool:
        """Tell whether the members have to be read before anything is told.

        Args:
            version: of the members, by which the room has seats.
        """
        return self._must_read or version > self._asked_version

    def begin_reading(self) -> None:
        """Note that a reading begins: of whom is heard from now on it may know nothing.

        Nothing is to be taken before it has ended; one that fails begins again.
        """
        self._must_read = False

    def read(self, found: MarksRead | None, *, asked_version: int) -> None:
        """Take what was read; None of a room that there is not any more.

        Args:
            found: read after ``begin_reading``.
            asked_version: of the members as the reading began. A database that was set back
                answers with an older one, and must not be asked for ever.
        """
        known = self.members
        self.members = {}
        self._asked_version = asked_version
        if found is not None:
            self.is_direct = found.is_direct
            self._asked_version = max(asked_version, found.version)
            for member in found.members:
                mark = Mark(
                    member.user, member.delivered_seq, member.read_seq, member.shown_read_seq
                )
                met = self._met.get(member.user)
                self.members[member.user] = mark.raised(known.get(member.user)).raised(met)
        self._met.clear()
        self._told = {user: mark for user, mark in self._told.items() if user in self.members}
        # Who is furthest behind by a reading is not what everybody was told.
        self._lowest = self._lowest_told = None
        for news in self._heard.values():
            self.know(news.mark)

    # -- telling ------------------------------------------------------------------------------

    def lowest_for(self, user: str) -> list[Lowest]:
        """Return who is furthest behind; in a direct room that is the other one."""
        if self.is_direct:
            return lowest(mark for mark in self.members.values() if mark.user != user)
        if self._lowest is None:
            self._lowest = lowest(self.members.values())
        return self._lowest

    def take(self, *, now_ms: int) -> Telling | None:
        """Return what is to be told now, and count it as told; None where it is nothing.

        Args:
            now_ms: the time to say where nobody knows when somebody advanced.
        """
        if self._doubted or self._doubts_hidden:
            self._hear_doubted(at_ms=now_ms)
        heard, self._heard = self._heard, {}
        shown: dict[str, MemberMark] = {}
        own: dict[str, MemberMark] = {}
        reporters: dict[str, str] = {}
        for user, news in heard.items():
            mark, told = self.members.get(user), self._told.get(user)
            if mark is None or not news.adds_to(told, now=mark):
                continue
            self._told[user] = news.told(before=told, now=mark)
            own[user] = mark.as_own(news.at_ms)
            if news.shown_at_ms is not None and mark.is_more_to_others(told):
                shown[user] = mark.as_shown(news.shown_at_ms)
            # Not where a reading showed more than the session itself has told.
            if news.session is not None and not mark.is_more(news.mark):
                reporters[user] = news.session
        before = now = self._lowest_told
        if any(news.is_shown for news in heard.values()):
            self._lowest_told = now = self.lowest_for("")
        if not own and now == before:
            return None
        return Telling(
            room=self.room,
            lowest_for=self.lowest_for,
            is_same_for_all=not self.is_direct,
            is_small=self.is_small,
            present=self.members.keys(),
            shown=shown,
            own=own,
            # The first telling says more than its reporter knows: who else is far behind. In a
            # small room those will be told of by name.
            reporters={} if before is None is not now and not self.is_small else reporters,
            lowest_moved=now != before,
        )

    def _hear_doubted(self, *, at_ms: int) -> None:
        """Take as news all that is known; or, where others miss nothing, what is hidden of it."""
        if self._doubted:
            self._told, self._lowest_told = {}, None
        for known in self.members.values():
            if self._doubted:
                self._note(News(known, at_ms, at_ms, None))
            elif self._doubts_hidden and known.read_seq > known.shown_read_seq:
                self._note(News(known, at_ms, None, None))
        self._doubted = self._doubts_hidden = False

    def for_newcomer(self, user: str, recent: Mapping[str, News]) -> LiveStatus | None:
        """Return what a session is told that sat down after all this was heard.

        Args:
            user: whose session; None comes back where they are no member.
            recent: what was heard lately, and known here; the session may have read older rows.
        """
        theirs = [each for each in recent.values() if each.mark.user == user or each.is_shown]
        if user not in self.members or not theirs:
            return None
        marks = [
            mark.as_own(each.at_ms)
            if each.shown_at_ms is None or each.mark.user == user
            else mark.as_shown(each.shown_at_ms)
            for each in theirs
            if (mark := self.members.get(each.mark.user))
            and (self.is_small or each.mark.user == user)
        ]
        return LiveStatus(
            Status(
                room=self.room,
                lowest=self.lowest_for(user),
                members=marks if self.is_small or marks else UNSET,
            )
        )
