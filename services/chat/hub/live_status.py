"""A ``status`` on its way to sockets, and what is told of a room to each of its members at a time."""

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET

from services.chat.frames.server import Lowest, MemberMark, Status, encode


@dataclass(frozen=True)
class LiveStatus:
    """A frame that is encoded once for all who get the same, and only if somebody does."""

    status: Status

    @property
    def room(self) -> str:
        """Of which room it is."""
        return self.status.room

    @functools.cached_property
    def text(self) -> str:
        """The frame as it goes on the wire."""
        return encode(self.status)

    def and_(self, newer: "LiveStatus") -> "LiveStatus":
        """Return one status that says what this one and a newer one of the same room say."""
        older, newest = self.status.members, newer.status.members
        if older is UNSET and newest is UNSET:
            return newer
        by_user = {mark.user: mark for mark in (*(older or ()), *(newest or ()))}
        return LiveStatus(msgspec.structs.replace(newer.status, members=[*by_user.values()]))


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What is told of a room, once.

    Attributes:
        lowest_for: returns who is furthest behind, as a user sees it.
        is_same_for_all: whether everybody sees the same of them: not in a direct room.
        is_small: whether everybody is told who advanced.
        present: the members; nobody else is told anything.
        shown: who advanced, as the others may know it.
        own: those and who advanced privately, as they see themselves.
        reporters: the session that knows of its user's advance already, by user.
        lowest_moved: whether those who are furthest behind are others than was told last.
    """

    room: str
    lowest_for: Callable[[str], list[Lowest]]
    is_same_for_all: bool
    is_small: bool
    present: Collection[str]
    shown: Mapping[str, MemberMark]
    own: Mapping[str, MemberMark]
    reporters: Mapping[str, str]
    lowest_moved: bool
    _made: dict[str | None, LiveStatus] = field(default_factory=dict)

    def to(self, user: str, session: str) -> LiveStatus | None:
        """Return what a session of a user is told; None where that is nothing."""
        if user not in self.present:
            return None
        knows_own = self.reporters.get(user) == session
        if knows_own and self.shown.keys() <= {user}:
            return None
        if self.is_small:
            return self._to_few(user)
        return self._to_many(user, knows_own=knows_own)

    def _to_few(self, user: str) -> LiveStatus | None:
        own = self.own.get(user)
        is_personal = own is not None and own != self.shown.get(user)
        if not (is_personal or self.shown or self.lowest_moved):
            return None
        if is_personal and own is not None:
            return self._make(user, {**self.shown, user: own})
        return self._make(None if self.is_same_for_all else user, self.shown)

    def _to_many(self, user: str, *, knows_own: bool) -> LiveStatus | None:
        own = None if knows_own else self.own.get(user)
        if own is not None:
            return self._make(user, {user: own})
        return self._make(None, None) if self.lowest_moved else None

    def _make(self, key: str | None, members: Mapping[str, MemberMark] | None) -> LiveStatus:
        """Return the frame of one user, or the one that is everybody else's (None)."""
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = LiveStatus(
                Status(
                    room=self.room,
                    lowest=self.lowest_for(key or ""),
                    members=UNSET if members is None else list(members.values()),
                )
            )
        return made
