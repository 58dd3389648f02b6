"""Where a scenario plays: its share of the people, what is counted, and when the window begins."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field
from itertools import cycle
from typing import Any, ClassVar, Protocol, TypeVar

from benchmarks.load.dialects import Dialect, Heard
from benchmarks.load.line import CannotOpen, Line
from benchmarks.load.outcome import Outcome
from benchmarks.load.pace import NS_PER_S, pace
from benchmarks.load.people import Somebody
from benchmarks.load.tally import Tally, Window

CONNECT_AT_ONCE = 32
"""Handshakes of one load process at the same time."""

Thing = TypeVar("Thing")


class Scenario(Protocol):
    """Something that people do. A dataclass, whose fields are the options of the command line."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def rooms(self) -> Sequence[int]:
        """Return how many people are in each room that is needed."""
        ...

    async def play(self, stage: "Stage") -> None:
        """Do it, with the stage's people, in one load process."""
        ...

    def figures(self, outcome: "Outcome") -> Mapping[str, object]:
        """Return what this scenario is about, from what all load processes counted."""
        ...


@dataclass(slots=True)
class Stage:
    """One load process's part of a run.

    Attributes:
        people: of whom this process plays the part.
        sizes: how many people each room has, in all processes together.
        parts: how many load processes there are; a rate is divided by it.
        begin: called when everything is ready; returns the window as all processes have it.
    """

    people: Sequence[Somebody]
    sizes: Mapping[str, int]
    urls: Sequence[str]
    dialect: type[Dialect]
    parts: int
    place: int
    tally: Tally
    begin: Callable[[float, float], Awaitable[Window]]
    lines: list[Line] = field(default_factory=list)

    def others_in(self, person: Somebody) -> int:
        """Return how many others are in a person's room."""
        return self.sizes[person.room] - 1

    async def connect(
        self,
        people: Sequence[Somebody],
        *,
        at_once: int = CONNECT_AT_ONCE,
        hear: Callable[[Somebody], Callable[[Heard], None]] | None = None,
    ) -> list[Line]:
        """Open a line for each; those that failed are counted, and left out.

        Args:
            people: who connects.
            at_once: handshakes at the same time.
            hear: makes what takes a person's frames, from ``welcome`` on.
        """
        gate = asyncio.Semaphore(at_once)

        async def open_one(person: Somebody, url: str) -> Line | None:
            async with gate:
                try:
                    line = await self.open(person, url=url, on_heard=hear(person) if hear else None)
                except CannotOpen as error:
                    self.tally.counts[f"not opened: {error}"] += 1
                    return None
            self.tally.counts["opened"] += 1
            self.tally.took("opened", line.opened_in_ns)
            return line

        opened = await asyncio.gather(*map(open_one, people, cycle(self.urls)))
        return [line for line in opened if line is not None]

    async def open(
        self,
        person: Somebody,
        *,
        url: str | None = None,
        on_heard: Callable[[Heard], None] | None = None,
    ) -> Line:
        """Open one line, on one of the servers in turn where none is named; nothing is counted.

        Raises:
            CannotOpen: as ``Line.open``.
        """
        url = url or self.urls[len(self.lines) % len(self.urls)]
        line = await Line.open(url, person, self.dialect, on_heard=on_heard)
        self.lines.append(line)
        return line

    async def in_turn(
        self,
        things: Sequence[Thing],
        act: Callable[[Thing, int], None],
        *,
        rate: float,
        warm_up: float,
    ) -> None:
        """Call ``act(thing, due_ns)`` for each in turn, evenly spread over warm-up and window.

        Args:
            things: which; where there are none, nothing is done.
            act: what is to be done with one.
            rate: times a second, of all load processes together.
            warm_up: seconds before the window.
        """
        if not things or rate <= 0:
            return
        turns, window = cycle(things), self.tally.window
        await pace(
            lambda due_ns: act(next(turns), due_ns),
            rate_per_s=rate / self.parts,
            begin_ns=window.begin_ns - int(warm_up * NS_PER_S),
            end_ns=window.end_ns,
        )

    async def leave(self) -> None:
        """Close all lines."""
        await asyncio.gather(*(line.close() for line in self.lines))
