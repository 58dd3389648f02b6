"""The part ``gateway`` of ``make bench``: what a message costs more where it comes by the gateway."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks import stacks
from benchmarks.bench.findings import Findings
from benchmarks.bench.rows import stage
from benchmarks.load.fleet import Fleet
from benchmarks.load.outcome import Outcome
from benchmarks.report import titled
from benchmarks.scenarios.pairs import Pairs
from dev.harness import RunningSuite

RATES = (100.0, 1000.0)
STAGE = "received"
NAN = float("nan")
HEAD = ["", "gateway's CPU a message, ms", "p50 straight", "through", "p99 straight", "through"]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The same load at chat's own port and through the gateway, some runs of each.

    Of these the lowest figures count: what else goes on here only ever makes them higher.
    """

    rate: float
    straight: Sequence[Outcome]
    through: Sequence[Outcome]

    def row(self) -> list[str]:
        """Return what it shows, as ``HEAD`` names it; latencies in ms."""
        cpu_ms = min(each.cpu_ms_per("acked").get("gateway", NAN) for each in self.through)
        lates = [
            min(stage(STAGE, quantile)(each) for each in runs)
            for quantile in ("p50", "p99")
            for runs in (self.straight, self.through)
        ]
        return [f"{self.rate:g}/s", f"{cpu_ms:.3f}", *(f"{late:.1f}" for late in lates)]


def compare(
    suite: RunningSuite, pairs: Pairs, *, rates: Sequence[float] = RATES, findings: Findings
) -> str:
    """Play both at each rate, each first once, and return the table."""
    target = stacks.target(suite, stacks.crowd(suite, pairs.rooms()))
    gateway = [suite.state.gateway_url]

    def play(rate: float, urls: Sequence[str]) -> Outcome:
        fleet = Fleet(target=replace(target, urls=urls), scenario=replace(pairs, rate=rate))
        outcome = fleet.run()
        findings.take_troubles(f"{rate:g}/s at {urls[0]}", outcome)
        return outcome

    found = []
    for rate in rates:
        first, second, third, fourth = (
            play(rate, urls) for urls in (target.urls, gateway, gateway, target.urls)
        )
        found.append(Compared(rate=rate, straight=[first, fourth], through=[second, third]))
        findings.tell("  ".join(found[-1].row()))
    return titled("what the gateway adds", [HEAD, *(each.row() for each in found)])
