"""How hard a process is pressed, and what it puts off then.

The level rises at once, and falls step by step: a process that is pressed has to be at ease for a
while before it takes up again what it has put off.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

EASE_AFTER_S = 2.0
"""How long a lower level has to suffice before the level falls by one."""


class Level(enum.IntEnum):
    """``BUSY``: what can be merged is merged more. ``OVERLOADED``: newcomers are refused, too."""

    CALM = 0
    BUSY = 1
    OVERLOADED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """What a process is pressed by.

    Attributes:
        loop_s: by how much its event loop is late.
        writer_s: how long the first has waited of a queue for the writer.
        memory_share: of the memory that it may have, from 0 to 1; above where it has more.
    """

    loop_s: float = 0.0
    writer_s: float = 0.0
    memory_share: float = 0.0


BUSY_FROM = Strain(loop_s=0.1, writer_s=0.5, memory_share=0.8)
OVERLOADED_FROM = Strain(loop_s=0.3, writer_s=1.0, memory_share=0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Least times between two frames that tell of the same thing; see the parts that send them."""

    typing_s: float
    presence_s: float
    statuses_s: float
    receipts_s: float


INTERVALS: Mapping[Level, Intervals] = {
    Level.CALM: Intervals(typing_s=0.2, presence_s=0.2, statuses_s=0.05, receipts_s=0.03),
    Level.BUSY: Intervals(typing_s=1.0, presence_s=1.0, statuses_s=0.5, receipts_s=0.3),
    Level.OVERLOADED: Intervals(typing_s=1.0, presence_s=5.0, statuses_s=1.0, receipts_s=0.5),
}


def level_of(strain: Strain) -> Level:
    """Return the level that a strain asks for: that of its worst part."""
    for level, least in ((Level.OVERLOADED, OVERLOADED_FROM), (Level.BUSY, BUSY_FROM)):
        if (
            strain.loop_s >= least.loop_s
            or strain.writer_s >= least.writer_s
            or strain.memory_share >= least.memory_share
        ):
            return level
    return Level.CALM


class Pressure:
    """The level of one process, and what follows from it for those who ask."""

    def __init__(self) -> None:
        self.level = Level.CALM
        self._enough_since_s = 0.0

    @property
    def intervals(self) -> Intervals:
        """How often what can be merged is told now."""
        return INTERVALS[self.level]

    @property
    def sheds_typing(self) -> bool:
        """Whether nobody is told any more who types."""
        return self.level is Level.OVERLOADED

    @property
    def sheds_presence(self) -> bool:
        """Whether nobody is told any more who comes and goes; how it stands then is told later."""
        return self.level is Level.OVERLOADED

    def judge(self, strain: Strain, now_s: float) -> Level:
        """Take note of the strain at ``now_s``, and return the level that follows."""
        wanted = level_of(strain)
        if wanted >= self.level:
            self.level = wanted
            self._enough_since_s = now_s
        elif now_s - self._enough_since_s >= EASE_AFTER_S:
            self.level = Level(self.level - 1)
            self._enough_since_s = now_s
        return self.level


AT_EASE = Pressure()
"""Of whoever is not pressed: nobody judges it."""
