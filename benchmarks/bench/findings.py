"""What ``make bench`` has found out about Parley, and how it compares with the goals."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks import stacks
from benchmarks.bench.rows import Goal, Row
from benchmarks.load.fleet import Fleet
from benchmarks.load.outcome import Outcome
from benchmarks.report import titled
from dev.harness import RunningSuite


@dataclass(slots=True)
class Findings:
    """Numbers by what they are of, one a round, and what went wrong.

    ``tell`` gets a line about how it goes.
    """

    tell: Callable[[str], None]
    values: dict[str, list[float]] = field(default_factory=dict)
    goals: dict[str, Goal] = field(default_factory=dict)
    losses: list[str] = field(default_factory=list)

    def take(self, row: Row, outcome: Outcome) -> None:
        """Note what one run of a row showed."""
        self.take_troubles(row.name, outcome)
        for goal in row.goals:
            self.note(f"{row.name}: {goal.what}", goal, goal.of(outcome))

    def take_troubles(self, name: str, outcome: Outcome) -> None:
        """Note what was lost or went wrong, if anything."""
        if outcome.troubles:
            self.losses.append(f"{name}: {outcome.troubles}")

    def note(self, what: str, goal: Goal, value: float) -> None:
        """Note one number."""
        self.goals[what] = goal
        self.values.setdefault(what, []).append(value)
        self.tell(f"  {what}: {value:.4g} {goal.unit}")

    def tables(self) -> list[str]:
        """Return medians beside the goals, and what went wrong."""
        head = ["", "median", "from … to", "", "goal", ""]
        return [
            titled("Parley", [head, *self._rows()] if self.values else []),
            titled("lost, or gone wrong", [[each] for each in self.losses]),
        ]

    def _rows(self) -> Iterator[list[str]]:
        for what, values in self.values.items():
            goal = self.goals[what]
            middle = median(values)
            yield [
                what,
                f"{middle:.4g}",
                f"{min(values):.4g} … {max(values):.4g}",
                goal.unit,
                "" if goal.limit is None else f"{'≥' if goal.at_least else '≤'} {goal.limit:g}",
                "" if goal.limit is None else "met" if goal.is_met(middle) else "NOT met",
            ]


def play(suite: RunningSuite, row: Row, *, findings: Findings, cores: Sequence[int] = ()) -> None:
    """Play a row with new people, and note what it showed."""
    target = stacks.target(suite, stacks.crowd(suite, row.scenario.rooms()))
    findings.take(row, Fleet(target=target, scenario=row.scenario, cores=cores).run())
