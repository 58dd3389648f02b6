"""The scenario ``typing``: from somebody's first keystroke until the other one sees it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic_ns

from benchmarks.load.dialects import Heard
from benchmarks.load.line import Line
from benchmarks.load.outcome import Outcome
from benchmarks.load.stage import Stage
from benchmarks.load.tally import Tally
from benchmarks.scenarios.pairs import pairs_of

NOBODY = b"[]"
SETTLE_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Typing:
    """People who begin to type to each other, two by two, and stop again.

    Attributes:
        connections: how many people are there.
        rate: beginnings a second, of all together.
        seconds: for how long it counts.
        warm_up: seconds before that, which do not count.
        typing_for: seconds from beginning to stopping.
    """

    connections: int = 1000
    rate: float = 100.0
    seconds: float = 20.0
    warm_up: float = 3.0
    typing_for: float = 1.0

    def rooms(self) -> Sequence[int]:
        """Return a room for every two."""
        return pairs_of(self.connections)

    async def play(self, stage: Stage) -> None:
        """Connect all, and let them type in turn."""
        rooms: dict[str, Room] = {}
        typists = [
            Typist(line, stage.tally, rooms.setdefault(line.person.room, Room()))
            for line in await stage.connect(stage.people)
        ]
        loop = asyncio.get_running_loop()
        await stage.begin(self.warm_up, self.seconds)

        def begin(typist: Typist, due_ns: int) -> None:
            if typist.begin(due_ns):
                loop.call_later(self.typing_for, typist.stop)

        # The partner comes much later.
        turns = [*typists[::2], *typists[1::2]]
        await stage.in_turn(turns, begin, rate=self.rate, warm_up=self.warm_up)
        await asyncio.sleep(self.typing_for + SETTLE_S)

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return how many beginnings were seen, and what one costs."""
        counts = outcome.tally.counts
        return {
            "begun": counts["begun"],
            "seen": counts["seen"],
            "never_seen": counts["begun"] - counts["seen"],
            "cpu_ms_per_beginning": outcome.cpu_ms_per("begun"),
        }


@dataclass(slots=True)
class Room:
    """Who types in a room, since when it was due, and whether the other one saw it."""

    typist: str = ""
    due_ns: int = 0
    is_seen: bool = False


class Typist:
    """One person, one line, one room."""

    def __init__(self, line: Line, tally: Tally, room: Room) -> None:
        self._line = line
        self._tally = tally
        self._room = room
        line.on_heard = self._hear

    def begin(self, due_ns: int) -> bool:
        """Press the first key, unless somebody types in the room: return whether they did."""
        if self._room.typist:
            self._tally.counts["room was busy"] += 1
            return False
        self._room.typist, self._room.due_ns = self._line.person.user, due_ns
        self._room.is_seen = False
        self._tally.counts["begun"] += 1
        self._send(is_typing=True)
        return True

    def stop(self) -> None:
        """Stop."""
        self._room.typist = ""
        self._send(is_typing=False)

    def _send(self, *, is_typing: bool) -> None:
        line = self._line
        line.send(line.dialect.frame("typing", room=line.person.room, is_typing=is_typing))

    def _hear(self, heard: Heard) -> None:
        room = self._room
        if heard.type == "typing" and bytes(heard.users) != NOBODY:
            if room.typist and room.typist != self._line.person.user and not room.is_seen:
                room.is_seen = True
                self._tally.counts["seen"] += 1
                self._tally.late("seen", room.due_ns, monotonic_ns())
        elif heard.type == "error":
            self._tally.counts[f"error {heard.code}"] += 1
