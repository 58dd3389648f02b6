"""The part ``growth`` of ``make bench``: a message costs the same with a million stored."""

from collections.abc import Sequence

from benchmarks.bench.findings import Findings
from benchmarks.bench.rows import Goal, Row
from benchmarks.growth.everywhere import Everywhere
from benchmarks.growth.steps import (
    EVERYWHERE,
    STEPS,
    VACUUM_WITHIN_S,
    Grown,
    Step,
    grow,
    table,
    times,
)
from dev.harness import RunningSuite

TIMES = 1.25
"""What a message may cost at the last step, of what it costs at the first."""


def growth(
    suite: RunningSuite,
    *,
    steps: Sequence[Step] = STEPS,
    load: Everywhere = EVERYWHERE,
    vacuum_within_s: float = VACUUM_WITHIN_S,
    findings: Findings,
) -> str:
    """Fill and load a new suite step by step; return the table of all steps."""
    grown = grow(suite, steps=steps, load=load, vacuum_within_s=vacuum_within_s, tell=findings.tell)
    first, *between, last = grown
    for each in (first, *between):
        findings.take_troubles(f"growth, {each.messages} messages", each.outcome)
    findings.take(growth_row(load, first, last), last.outcome)
    return table(grown)


def growth_row(load: Everywhere, first: Grown, last: Grown) -> Row:
    """Return the last step as a row, whose goal is a share of the first."""
    return Row(
        name=f"{last.rooms} rooms, {last.messages} messages stored",
        scenario=load,
        on_one_core=False,
        goals=(
            Goal(
                what=f"CPU a message, to that with {first.messages}",
                unit="times",
                of=lambda outcome: times(outcome.cpu_ms_per("acked")["all"], first.cpu_ms["all"]),
                limit=TIMES,
            ),
            Goal(
                what="likewise, without what the suite needs at rest",
                unit="times",
                of=lambda _: times(last.more_ms, first.more_ms),
            ),
        ),
    )
