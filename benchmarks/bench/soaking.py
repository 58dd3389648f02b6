"""The part ``soak`` of ``make bench``: what grows while people write for half an hour."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

from benchmarks import stacks
from benchmarks.bench.findings import Findings
from benchmarks.bench.rows import Goal, Row
from benchmarks.load.fleet import Fleet
from benchmarks.load.outcome import Outcome
from benchmarks.measure.stores import REDIS, WITH_OUTBOX, outbox_of, stores_of
from benchmarks.scenarios.soak import Soak
from dev.harness import RunningSuite

LINES = 60
MIB_PER_MIN = 1.0
ROWS_PER_MIN = 1.0
"""What still counts as flat: half an hour of it is thirty rows."""
BOUNDED = ("chat", "presence", "queue", "receipts", "redis", "gateway")
TOLD = ("postgres",)
"""Its processes touch ever more of the buffers that they share, each of which counts them."""


def soak_row(scenario: Soak) -> Row:
    """Return the scenario with its goals."""
    return Row(
        name=f"{scenario.rate:g} messages/s for {scenario.seconds / 60:g} min",
        scenario=scenario,
        on_one_core=False,
        goals=(
            Goal(what="lost", unit="", of=lambda outcome: outcome.lost, limit=0),
            *(
                Goal(
                    what=f"memory of {name} grows by",
                    unit="MiB/min",
                    of=_of(scenario.resident_mib_per_min, name),
                    limit=None if name in TOLD else MIB_PER_MIN,
                )
                for name in (*BOUNDED, *TOLD)
            ),
            Goal(
                what="Redis' data grow by",
                unit="MiB/min",
                of=_of(scenario.others_per_min, REDIS),
                limit=MIB_PER_MIN,
            ),
            *(
                Goal(
                    what=f"outbox of {name} grows by",
                    unit="rows/min",
                    of=_of(scenario.others_per_min, outbox_of(name)),
                    limit=ROWS_PER_MIN,
                )
                for name in WITH_OUTBOX
            ),
        ),
    )


def soak(suite: RunningSuite, scenario: Soak, *, findings: Findings) -> None:
    """Play it, and look into the stores meanwhile."""
    row = soak_row(scenario)
    findings.tell(row.name)
    with stores_of(suite.state) as stores:
        target = stacks.target(suite, stacks.crowd(suite, scenario.rooms()))
        target = replace(target, gauges=stores.gauges)
        tell = _seldom(findings.tell)
        findings.take(row, Fleet(target=target, scenario=scenario, tell=tell).run())


def _seldom(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return what tells one line of many: a fleet has one a second."""
    lines = count(1)
    return lambda line: tell(line) if next(lines) % LINES == 0 else None


def _of(slopes: Callable[[Outcome], Mapping[str, float]], name: str) -> Callable[[Outcome], float]:
    """Return what reads one slope; not a number where nobody looked at it."""
    return lambda outcome: slopes(outcome).get(name, float("nan"))
