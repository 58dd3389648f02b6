"""Receipts as the queue meets it: the rule by which it judges who lags, and what it tells of that."""

import datetime as dt
from collections.abc import Iterable

from libs.common.events import AnyEvent, MemberCaughtUp, MemberLagging, RoomHead
from services.receipts.actions.lag.judge import AFTER_S

Pair = tuple[str, str]
"""A room, and a user."""


class Receipts:
    """Watermarks, heads, and who was told to lag."""

    def __init__(self) -> None:
        self.marks: dict[Pair, int] = {}
        self.heads: dict[str, int] = {}
        self.laggards: set[Pair] = set()
        self._known: dict[str, list[tuple[int, dt.datetime]]] = {}
        self._moved: set[Pair] = set()

    def join(self, room: str, user: str) -> None:
        """Somebody is a member of a room from now on."""
        self.marks[room, user] = 0
        self.heads.setdefault(room, 0)

    def written(self, room: str, head: int, now: dt.datetime) -> None:
        """A message was written."""
        self.heads[room] = head
        self._known.setdefault(room, []).append((head, now))

    def claim(self, room: str, user: str, seq: int) -> None:
        """A device of somebody holds everything up to a seq."""
        if seq > self.marks[room, user]:
            self.marks[room, user] = seq
            self._moved.add((room, user))

    def judge(self, now: dt.datetime) -> list[AnyEvent]:
        """Judge heads that have been known for long enough, and laggards who moved."""
        before = now - dt.timedelta(seconds=AFTER_S)
        due = {
            room: max(old)
            for room, known in self._known.items()
            if (old := [head for head, at in known if at <= before])
        }
        for room, head in due.items():
            self._known[room] = [each for each in self._known[room] if each[0] > head]
        news = {
            (room, user)
            for (room, user), mark in self.marks.items()
            if mark < due.get(room, 0) and (room, user) not in self.laggards
        }
        moved = self._moved & self.laggards
        caught_up = {pair for pair in moved if self.marks[pair] >= self.heads[pair[0]]}
        self.laggards = (self.laggards | news) - caught_up
        self._moved.clear()
        rooms = [room for room in sorted(due) if any(lags == room for lags, _ in self.laggards)]
        return [
            *self.tell(sorted(news | moved)),
            *(RoomHead(room=room, head=self.heads[room]) for room in rooms),
        ]

    def tell(self, pairs: Iterable[Pair]) -> list[AnyEvent]:
        """Tell how far some members are."""
        return [self._event(room, user) for room, user in pairs]

    def tell_laggards(self) -> list[AnyEvent]:
        """Tell of everybody who lags, as after a loss of Redis."""
        rooms = sorted({room for room, _ in self.laggards})
        heads = [RoomHead(room=room, head=self.heads[room]) for room in rooms]
        return [*self.tell(sorted(self.laggards)), *heads]

    def _event(self, room: str, user: str) -> AnyEvent:
        mark, head = self.marks[room, user], self.heads[room]
        if (room, user) in self.laggards and mark < head:
            return MemberLagging(room=room, user=user, delivered_seq=mark, head=head)
        return MemberCaughtUp(room=room, user=user, delivered_seq=mark, head=min(mark, head))
