"""The rounds of ``make bench``, in which every chat has its turn, and what they come to."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import opponents, stacks
from benchmarks.bench.findings import Findings, play
from benchmarks.bench.ladder import Rung, climb, highest
from benchmarks.bench.rows import Row, rows
from benchmarks.bench.settings import Wanted
from benchmarks.load.fleet import Target
from benchmarks.report import titled
from benchmarks.scenarios.pairs import Pairs

OPPONENTS = {"tutorial": opponents.tutorial, "socketio": opponents.socketio}
MANY = 5_000
"""People from which on a scenario is left out where time is short."""
ALL_CORES = "parley, client on the same cores"


@dataclass(slots=True)
class Rounds:
    """All that is measured in them; what Parley's rows showed goes to ``findings``."""

    wanted: Wanted
    findings: Findings
    ladders: dict[str, list[list[Rung]]] = field(default_factory=dict)

    def run(self) -> None:
        """Play all rounds; who begins changes from one to the next."""
        turns = ["parley", *OPPONENTS]
        for number in range(self.wanted.rounds):
            self.findings.tell(f"round {number + 1} of {self.wanted.rounds}")
            for name in (*turns[number % len(turns) :], *turns[: number % len(turns)]):
                self._turn_of(name)

    def tables(self) -> list[str]:
        """Return what was held: medians, and from the least to the most."""
        return [
            titled(
                f"pairs, {self.wanted.connections} people, servers on one core, client on the"
                " other",
                [["", "held /s", "CPU ms a message there", "p99 ms there"], *self._held()],
            ),
            titled("how many times more", self._ratios()),
        ]

    def _turn_of(self, name: str) -> None:
        with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
            if name == "parley":
                self._parley(Path(folder))
            else:
                with stacks.on_cores([_first()]):
                    started = OPPONENTS[name](Path(folder) / "run", rooms=self._pairs.rooms())
                    with started as target:
                        self._climb(name, target, self.wanted.rates[name], cores=_others())

    @property
    def _pairs(self) -> Pairs:
        return Pairs(
            connections=self.wanted.connections, seconds=self.wanted.seconds, read_after=-1
        )

    def _parley(self, folder: Path) -> None:
        with stacks.parley(folder / "pinned", cores=[_first()]) as suite:
            target = stacks.target(suite, stacks.crowd(suite, self._pairs.rooms()))
            self._climb("parley", target, self.wanted.rates["parley"], cores=_others())
            for row in self._rows(on_one_core=True):
                play(suite, row, findings=self.findings, cores=_others())
        with stacks.parley(folder / "free") as suite:
            for row in self._rows(on_one_core=False):
                play(suite, row, findings=self.findings)
            target = stacks.target(suite, stacks.crowd(suite, self._pairs.rooms()))
            self._climb(ALL_CORES, target, self.wanted.on_all_cores, cores=())

    def _rows(self, *, on_one_core: bool) -> Iterator[Row]:
        for row in rows(self.wanted.seconds):
            too_many = self.wanted.is_quick and sum(row.scenario.rooms()) > MANY
            if row.on_one_core == on_one_core and not too_many:
                yield row

    def _climb(
        self, name: str, target: Target, rates: Sequence[float], *, cores: Sequence[int]
    ) -> None:
        rungs = climb(target, self._pairs, rates, cores=cores, tell=self.findings.tell)
        self.ladders.setdefault(name, []).append(rungs)

    def _held(self) -> Iterator[list[str]]:
        for name, ladders in self.ladders.items():
            best = [each for each in map(highest, ladders) if each is not None]
            yield [
                name,
                _spread([each.rate for each in best]),
                _spread([each.cpu_ms for each in best]),
                _spread([each.p99_ms for each in best]),
            ]

    def _ratios(self) -> Iterator[list[str]]:
        own = _best(self.ladders.get("parley", []))
        for name in OPPONENTS:
            other = _best(self.ladders.get(name, []))
            if own and other:
                yield [
                    f"{own['rate'] / other['rate']:.1f}",
                    f"messages does Parley hold than {name}, each for",
                    f"{other['cpu_ms'] / own['cpu_ms']:.1f}",
                    "times less CPU",
                ]


def _best(ladders: Sequence[Sequence[Rung]]) -> Mapping[str, float]:
    """Return the medians of what was held in each round; nothing where it never was."""
    best = [each for each in map(highest, ladders) if each is not None]
    if not best:
        return {}
    return {
        "rate": median(each.rate for each in best),
        "cpu_ms": median(each.cpu_ms for each in best),
    }


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "nothing"
    return f"{median(values):.4g} ({min(values):.4g} … {max(values):.4g})"


def _first() -> int:
    return min(os.sched_getaffinity(0))


def _others() -> Sequence[int]:
    return sorted(os.sched_getaffinity(0) - {_first()})
