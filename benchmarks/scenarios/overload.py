"""The scenario ``overload``: ever more messages a second, then twice what was borne.

Everybody behaves as clients should: ``benchmarks/load/patient.py``. Refusals are no trouble here; it
is one where at twice the load more than a tenth of the peak's goodput is gone.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import monotonic_ns

from benchmarks.load.outcome import Outcome
from benchmarks.load.pace import NS_PER_S, pace, until
from benchmarks.load.patient import Patient
from benchmarks.load.stage import Stage
from benchmarks.load.tally import quantiles_ms
from benchmarks.scenarios.pairs import pairs_of

WARM_UP_S = 2.0
"""The part of each step that does not count: the load has only just changed."""
SUSTAINED = 0.98
"""Share of the messages due that a step has to bring through, to count as borne."""
LATE_P99_MS = 1000
"""Above it a step is not borne either, though everything arrived."""
SETTLE_S = 10.0
"""How long what waits of a step may take before the next begins."""
LOOK_S = 0.1
MOST_STEPS = 40
KEPT_PERCENT = 90
"""Of the peak's goodput, what has to be left at twice the load that was borne."""
TWICE = "twice"


@dataclass(frozen=True, kw_only=True)
class Overload:
    """People who write ever more, until it is not borne, and then twice what was.

    Attributes:
        connections: how many people write, two by two.
        first_rate: messages a second, of all together, at the first step.
        growth: of the rate, from step to step.
        seconds: that count, of each step.
    """

    connections: int = 300
    first_rate: float = 500.0
    growth: float = 1.4
    seconds: float = 6.0

    def rooms(self) -> Sequence[int]:
        """Return a room for every two."""
        return pairs_of(self.connections)

    async def play(self, stage: Stage) -> None:
        """Raise the rate until it is not borne, then load with twice the last one that was."""
        writers = [Patient(line, stage.tally) for line in await stage.connect(stage.people)]
        await stage.begin(0.0, (MOST_STEPS + 1) * (WARM_UP_S + self.seconds + SETTLE_S))
        rate = borne = self.first_rate
        for _ in range(MOST_STEPS):
            name = f"{rate:.0f}/s"
            await self._step(stage, writers, rate, name)
            if not self._is_borne(stage, rate, name):
                break
            borne, rate = rate, rate * self.growth
        await self._step(stage, writers, 2 * borne, f"{TWICE} {borne:.0f}/s")
        left = _left_percent(stage.tally.counts)
        if left < KEPT_PERCENT:
            stage.tally.counts["lost goodput, per cent"] = 100 - left

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return what was acknowledged in a second at each step, and what else became of it."""
        counts, stages = outcome.tally.counts, outcome.stages()
        steps = {
            name: {
                "acked_per_s": round(counts[f"acked, {name}"] / self.seconds),
                "ack_p99_ms": stages.get(f"ack, {name}", {}).get("p99", 0.0),
                **_others(counts, name),
            }
            for name in _steps(counts)
        }
        return {**steps, "goodput_left_percent": _left_percent(counts)}

    async def _step(self, stage: Stage, writers: Sequence[Patient], rate: float, name: str) -> None:
        """Have messages due at a rate, and count what is acknowledged after the first moment."""
        loop = asyncio.get_running_loop()
        stage.tally.counts[f"acked, {name}"] = 0

        def count_as(step: str) -> None:
            for each in writers:
                each.step = step

        looking = asyncio.create_task(_look(writers))
        begin_ns = monotonic_ns()
        turns = cycle(writers)
        loop.call_later(WARM_UP_S, count_as, name)
        await pace(
            lambda due_ns: next(turns).say(due_ns),
            rate_per_s=rate,
            begin_ns=begin_ns,
            end_ns=begin_ns + int((WARM_UP_S + self.seconds) * NS_PER_S),
        )
        count_as("")
        for each in writers:
            each.give_up_unsent()
        await until(lambda: not any(each.waiting for each in writers), within_s=SETTLE_S)
        looking.cancel()
        for each in writers:
            each.start_afresh()

    def _is_borne(self, stage: Stage, rate: float, name: str) -> bool:
        acked_per_s = stage.tally.counts[f"acked, {name}"] / self.seconds
        lateness = stage.tally.stages.get(f"ack, {name}")
        is_late = lateness is None or quantiles_ms(lateness)["p99"] > LATE_P99_MS
        return acked_per_s >= SUSTAINED * rate and not is_late


async def _look(writers: Sequence[Patient]) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        for each in writers:
            each.look()


def _steps(counts: Counter[str]) -> list[str]:
    return [name.removeprefix("acked, ") for name in counts if name.startswith("acked, ")]


def _others(counts: Counter[str], step: str) -> dict[str, int]:
    ending = f", {step}"
    return {
        name.removesuffix(ending): count
        for name, count in counts.items()
        if name.endswith(ending) and not name.startswith("acked, ")
    }


def _left_percent(counts: Counter[str]) -> int:
    """Return the goodput at twice what was borne, of the highest before."""
    acked = {name: counts[f"acked, {name}"] for name in _steps(counts)}
    twice = sum(count for name, count in acked.items() if name.startswith(TWICE))
    peak = max((count for name, count in acked.items() if not name.startswith(TWICE)), default=0)
    return round(100 * twice / peak) if peak else 0
