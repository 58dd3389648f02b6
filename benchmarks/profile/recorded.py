"""What a sampling profiler saw: stacks, and how often each was there.

Read from py-spy's ``raw`` format, which is that of flamegraph.pl: ``outer;inner;innermost 12``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.report import titled

TOP = 25
BY_OWN, BY_WHOLE = "own time", "whole time"


@dataclass(frozen=True)
class Stacks:
    """Stacks, the outermost function first, with how often each was seen."""

    counts: Counter[tuple[str, ...]]

    @property
    def samples(self) -> int:
        """All of them."""
        return self.counts.total()

    def own(self) -> Counter[str]:
        """Return how often each function was the one that ran."""
        found: Counter[str] = Counter()
        for stack, count in self.counts.items():
            found[stack[-1]] += count
        return found

    def whole(self) -> Counter[str]:
        """Return how often each function ran, or what it had called; once a stack."""
        found: Counter[str] = Counter()
        for stack, count in self.counts.items():
            for name in set(stack):
                found[name] += count
        return found

    def text(self) -> str:
        """Return the heaviest functions, by own and by whole time."""
        tables = [(BY_OWN, self.own()), (BY_WHOLE, self.whole())]
        return "\n\n".join(
            titled(f"the {TOP} functions with most {what}, of {self.samples} samples", rows)
            for what, found in tables
            if (rows := list(self._rows(found)))
        )

    def _rows(self, found: Counter[str]) -> Iterator[Sequence[str]]:
        for name, count in found.most_common(TOP):
            yield [name, str(count), f"{100 * count / self.samples:.1f} %"]


def stacks_in(raw: str) -> Stacks:
    """Read stacks.

    Raises:
        ValueError: a line is no stack with a number behind it.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for line in raw.splitlines():
        frames, _, count = line.rpartition(" ")
        counts[tuple(frames.split(";"))] += int(count)
    return Stacks(counts)
