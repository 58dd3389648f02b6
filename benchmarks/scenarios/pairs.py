"""The scenario ``pairs``: everybody writes to one other, evenly spread over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.scenarios.talking import Talking


@dataclass(frozen=True, kw_only=True)
class Pairs(Talking):
    """People who write to each other, two by two, and report what they received and read.

    Attributes:
        connections: how many people are there.
    """

    connections: int = 1000

    def rooms(self) -> Sequence[int]:
        """Return a room for every two."""
        return pairs_of(self.connections)


def pairs_of(people: int) -> Sequence[int]:
    """Return a room for every two of so many people."""
    return [2] * -(-people // 2)
