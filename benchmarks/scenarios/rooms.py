"""The scenario ``rooms``: groups in which everybody writes, and all the others receive it."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.scenarios.talking import Talking


@dataclass(frozen=True, kw_only=True)
class Rooms(Talking):
    """People who write into groups, and report what they received and read.

    Attributes:
        groups: how many groups there are.
        members: of each of them; all are connected.
    """

    groups: int = 20
    members: int = 50
    rate: float = 100.0

    def rooms(self) -> Sequence[int]:
        """Return the groups."""
        return [self.members] * self.groups
