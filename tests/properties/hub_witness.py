"""What a socket was told of one room, and what must be true of that whoever tells it.

Judged against what happened: the stays of the user, and the member's row at each version. A stay of
which the hub heard only when it was over may be passed over; nothing of it may be shown then.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from services.chat.frames.server import RoomEntry
from services.chat.selectors.room_state import MemberSpan


@dataclass
class Stay:
    """A member sees ``joined`` < seq <= ``left``; None while present."""

    joined: int
    left: int | None = None

    def holds(self, seq: int) -> bool:
        return self.joined < seq and (self.left is None or seq <= self.left)


@dataclass(frozen=True)
class Told:
    """A message by its seq, or the room by its head and version; or that it is theirs no more."""

    kind: Literal["message", "room", "removed"]
    seq: int
    version: int = 0


def story_of(room: str, welcome: Sequence[RoomEntry], written: Sequence[str]) -> list[Told]:
    """Return what was told of a room, in order, beginning with ``welcome``."""
    story = [Told("room", each.last_seq, each.version) for each in welcome if each.id == room]
    for frame in map(msgspec.json.decode, written):
        if frame["type"] == "message" and frame["room"] == room:
            story.append(Told("message", frame["seq"]))
        elif frame["type"] == "room" and frame["id"] == room:
            kind: Literal["room", "removed"] = "removed" if frame.get("removed") else "room"
            story.append(Told(kind, frame["last_seq"], frame["version"]))
    return story


@dataclass
class Witness:
    """Follows a story and says what is wrong with it.

    Attributes:
        stays: of the user in the room, in order.
        spans: the user's row by the room's version, where there was one.
        inside: whether the socket was told that the room is its user's.
    """

    stays: Sequence[Stay]
    spans: Mapping[int, MemberSpan]
    inside: bool = False
    version: int = 0
    head: int = 0
    """What the socket was told at first, when it came in last."""
    last_seq: int = 0
    got: set[int] = field(default_factory=set)

    def follow(self, story: Sequence[Told]) -> Iterator[str]:
        """Go through a story from its beginning; yield what must not be."""
        for told in story:
            yield from getattr(self, f"_on_{told.kind}")(told)

    def _on_message(self, told: Told) -> Iterator[str]:
        if not self.inside:
            yield f"message {told.seq} outside"
        if told.seq <= self.last_seq:
            yield f"message {told.seq} after {self.last_seq}"
        if not any(stay.holds(told.seq) for stay in self.stays):
            yield f"message {told.seq}, which is not theirs"
        self.last_seq = max(self.last_seq, told.seq)
        self.got.add(told.seq)

    def _on_room(self, told: Told) -> Iterator[str]:
        if told.version <= self.version:
            yield f"version {told.version} after {self.version}"
        if not self.inside:
            self.head = told.seq
        self.inside, self.version = True, told.version

    def _on_removed(self, told: Told) -> Iterator[str]:
        if not self.inside:
            yield "removed while outside"
        # The same version again is right: the room was told before the reader's last message.
        if told.version < self.version:
            yield f"removed at version {told.version} after {self.version}"
        span = self.spans.get(told.version)
        if span is None or span.left_seq != told.seq:
            yield f"removed at {told.seq}, which is not where they left: {span}"
        else:
            yield from self._lacks(span.joined_seq, span.left_seq, before="removed")
        self.inside, self.version = False, told.version

    def _lacks(self, joined_seq: int, last_seq: int, *, before: str) -> Iterator[str]:
        missing = set(range(max(self.head, joined_seq) + 1, last_seq + 1)) - self.got
        if missing:
            yield f"{sorted(missing)} missing before {before}"

    def at_rest(self, *, version: int, last_seq: int) -> Iterator[str]:
        """Yield what the socket does not know yet, to be asked behind the whole story."""
        present = bool(self.stays) and self.stays[-1].left is None
        if present != self.inside:
            yield f"present is {present}, told is {self.inside}"
        elif present:
            if self.version != version:
                yield f"knows version {self.version} of {version}"
            yield from self._lacks(self.stays[-1].joined, last_seq, before="the end")
