"""How many messages a second a chat holds: ever more, until it does not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.load.fleet import Fleet, Target
from benchmarks.load.outcome import Outcome
from benchmarks.scenarios.pairs import Pairs

P99_MS = 100.0
"""What is held: so late at most from due to received, all but one in a hundred, and nothing lost."""
REACHED = 0.98
"""Of the rate, what has to be acknowledged within the time."""
STAGE = "received"


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rate, and what came of it."""

    rate: float
    outcome: Outcome

    @property
    def p99_ms(self) -> float:
        """Of the time from due to received."""
        return self.outcome.stages().get(STAGE, {}).get("p99", float("inf"))

    @property
    def cpu_ms(self) -> float:
        """Of all server processes, a message."""
        return self.outcome.cpu_ms_per("acked")["all"]

    @property
    def is_held(self) -> bool:
        """Whether it is not more than can be borne."""
        acked_per_s = self.outcome.in_window("acked") / self.outcome.window_s
        return (
            not self.outcome.troubles
            and self.p99_ms < P99_MS
            and acked_per_s >= REACHED * self.rate
        )


def climb(
    target: Target,
    pairs: Pairs,
    rates: Sequence[float],
    *,
    cores: Sequence[int],
    tell: Callable[[str], None],
) -> list[Rung]:
    """Try the rates, the lowest first; end with the first that is not held, twice.

    Twice, because others use this machine, too.
    """
    rungs: list[Rung] = []
    for rate in rates:
        rung = _try(target, replace(pairs, rate=rate), cores=cores, tell=tell)
        if not rung.is_held:
            rung = _try(target, replace(pairs, rate=rate), cores=cores, tell=tell)
        rungs.append(rung)
        if not rung.is_held:
            break
    return rungs


def _try(
    target: Target, pairs: Pairs, *, cores: Sequence[int], tell: Callable[[str], None]
) -> Rung:
    rung = Rung(rate=pairs.rate, outcome=Fleet(target=target, scenario=pairs, cores=cores).run())
    tell(
        f"  {target.name}: {rung.rate:g}/s  p99 {rung.p99_ms:.0f} ms  {rung.cpu_ms:.3f} ms of CPU"
        f" a message{'' if rung.is_held else '  not held'}"
    )
    return rung


def highest(rungs: Sequence[Rung]) -> Rung | None:
    """Return the highest rung that was held; None where none was."""
    return max((each for each in rungs if each.is_held), key=lambda each: each.rate, default=None)
