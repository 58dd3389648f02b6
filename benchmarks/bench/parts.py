"""The parts of ``make bench``: each has suites of its own, and may be asked for alone."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import stacks
from benchmarks.bench.findings import Findings
from benchmarks.bench.gateway import compare
from benchmarks.bench.growing import growth
from benchmarks.bench.rounds import Rounds
from benchmarks.bench.settings import Wanted
from benchmarks.bench.soaking import soak
from benchmarks.scenarios.pairs import Pairs
from benchmarks.scenarios.soak import Soak
from dev.harness import RunningSuite

Part = Callable[[Wanted, Findings], Sequence[str]]
"""Measures, and returns tables of its own, beside what it notes in the findings."""


@dataclass(slots=True)
class Bench:
    """All that is measured."""

    wanted: Wanted
    findings: Findings
    _tables: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Measure one part after the other."""
        for name in self.wanted.parts:
            self._tables += PARTS[name](self.wanted, self.findings)

    def table(self) -> str:
        """Return what has been found so far."""
        tables = [*self._tables, *self.findings.tables()]
        return "\n\n".join(each for each in tables if each)


def _rounds(wanted: Wanted, findings: Findings) -> Sequence[str]:
    rounds = Rounds(wanted, findings)
    rounds.run()
    return rounds.tables()


def _gateway(wanted: Wanted, findings: Findings) -> Sequence[str]:
    pairs = Pairs(connections=wanted.connections, seconds=wanted.seconds, read_after=-1)
    with _suite() as suite:
        return [compare(suite, pairs, findings=findings)]


def _soak(_: Wanted, findings: Findings) -> Sequence[str]:
    with _suite() as suite:
        soak(suite, Soak(), findings=findings)
    return []


def _growth(_: Wanted, findings: Findings) -> Sequence[str]:
    with _suite() as suite:
        return [growth(suite, findings=findings)]


@contextmanager
def _suite() -> Iterator[RunningSuite]:
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
        stacks.parley(Path(folder)) as suite,
    ):
        yield suite


PARTS: Mapping[str, Part] = {
    "rounds": _rounds,
    "gateway": _gateway,
    "soak": _soak,
    "growth": _growth,
}
