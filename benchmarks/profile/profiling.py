"""Loads a suite, looks into its services meanwhile, and writes down what they were at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import stacks
from benchmarks.load.fleet import Fleet
from benchmarks.load.outcome import Outcome
from benchmarks.profile import flames, statements
from benchmarks.profile.recorded import Stacks, stacks_in
from benchmarks.profile.spies import RATE, Spies, check_allowed
from benchmarks.profile.statements import Spent, Statements
from benchmarks.report import titled
from benchmarks.scenarios.pairs import Pairs
from dev.harness import RunningSuite
from dev.services import SERVICES

SHOWN = 3
"""Statements of a database that are also told at the end."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What was seen, by service and by database."""

    outcome: Outcome
    services: dict[str, Stacks]
    databases: dict[str, list[tuple[str, Spent]]]

    def table(self) -> str:
        """Return it in short."""
        head = ["", "CPU a message, ms", "Python, % of a core", "most own time", ""]
        return "\n\n".join(
            [
                titled("services", [head, *(self._row(name) for name in self.services)]),
                *(statements.table(*each, top=SHOWN) for each in sorted(self.databases.items())),
            ]
        )

    def _row(self, name: str) -> list[str]:
        seen = self.services[name]
        looks = RATE * self.outcome.window_s
        cpu_ms = self.outcome.cpu_ms_per("acked").get(name, 0.0)
        ((function, count),) = seen.own().most_common(1) or [("-", 0)]
        return [
            name,
            f"{cpu_ms:.3f}",
            f"{100 * seen.samples / looks:.1f}",
            f"{100 * count / max(1, seen.samples):.0f} %",
            function,
        ]


@dataclass(slots=True)
class _Recorder:
    """Is entered for the part of the load that counts."""

    suite: RunningSuite
    folder: Path
    seconds: float
    url: str
    before: Statements = field(default_factory=dict)
    after: Statements = field(default_factory=dict)
    raw: list[Path] = field(default_factory=list)

    @contextmanager
    def recording(self) -> Iterator[None]:
        pids = {each.name: self.suite.process(each.name).pid for each in SERVICES}
        self.before = statements.counted(self.url)
        spies = Spies(pids, self.folder, seconds=self.seconds)
        try:
            yield
            self.after = statements.counted(self.url)
            self.raw = spies.wait()
        finally:
            spies.kill()


def profile(
    suite: RunningSuite, scenario: Pairs, *, into: Path, tell: Callable[[str], None]
) -> Profile:
    """Load a suite, and write a flame graph and a text for each service, and one for PostgreSQL.

    Raises:
        CannotSpy: the system does not allow to look into the services.
    """
    check_allowed(suite.process(SERVICES[0].name).pid)
    into.mkdir(parents=True, exist_ok=True)
    tell("letting PostgreSQL count its statements")
    recorder = _Recorder(suite, into, scenario.seconds, statements.count_statements(suite))
    target = stacks.target(suite, stacks.crowd(suite, scenario.rooms()))
    outcome = Fleet(target=target, scenario=scenario, tell=tell, within=recorder.recording).run()
    found = Profile(
        outcome=outcome,
        services={raw.stem: stacks_in(raw.read_text(encoding="utf-8")) for raw in recorder.raw},
        databases=statements.between(recorder.before, recorder.after),
    )
    _write(found, scenario, into)
    return found


def _write(found: Profile, scenario: Pairs, into: Path) -> None:
    for name, seen in found.services.items():
        title = f"{name} at {scenario.rate:g} messages/s, {seen.samples} samples of its Python"
        (into / f"{name}.svg").write_text(flames.drawn(seen, title=title), encoding="utf-8")
        (into / f"{name}.txt").write_text(seen.text() + "\n", encoding="utf-8")
    tables = [statements.table(*each) for each in sorted(found.databases.items())]
    (into / "postgres.txt").write_text("\n\n".join(tables) + "\n", encoding="utf-8")
