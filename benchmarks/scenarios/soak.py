"""The scenario ``soak``: ``pairs`` for a long time, and what grows meanwhile."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import httpx

from benchmarks.load.outcome import Outcome, Sample
from benchmarks.load.stage import Stage
from benchmarks.load.tokens import renewed
from benchmarks.measure.slopes import per_minute
from benchmarks.scenarios.pairs import Pairs

KIB_PER_MIB = 1024


@dataclass(frozen=True, kw_only=True)
class Soak(Pairs):
    """People who write to each other for a long time, and renew their tokens.

    Attributes:
        renew_every: seconds between two renewals of one person's token; it lives ten minutes.
        after: seconds from the start, before which growth does not count.
    """

    rate: float = 500.0
    seconds: float = 1800.0
    renew_every: float = 480.0
    after: float = 300.0

    async def play(self, stage: Stage) -> None:
        """Let them talk, and renew their tokens beside it, spread over time."""
        renewing = asyncio.create_task(self._renew_all(stage))
        try:
            await super().play(stage)
        finally:
            renewing.cancel()

    async def _renew_all(self, stage: Stage) -> None:
        tokens = {each.user: each.token for each in stage.people}
        counts = stage.tally.counts
        pause_s = self.renew_every / max(1, len(tokens))
        async with httpx.AsyncClient(base_url=stage.urls[0]) as client:
            for user in cycle(tokens):
                await asyncio.sleep(pause_s)
                try:
                    tokens[user] = await renewed(client, tokens[user])
                except httpx.HTTPError as error:
                    counts[f"error at a renewal: {error!r}"] += 1
                else:
                    counts["renewed"] += 1

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return what ``pairs`` does, and what grew by how much in a minute."""
        return {
            **super().figures(outcome),
            "resident_mib_per_min": self.resident_mib_per_min(outcome),
            "others_per_min": self.others_per_min(outcome),
        }

    def resident_mib_per_min(self, outcome: Outcome) -> Mapping[str, float]:
        """Return how fast the resident memory of each process grew."""
        kib = _columns([(each.at_s, each.resident_kib) for each in self._late(outcome)])
        return {name: round(per_minute(each) / KIB_PER_MIB, 3) for name, each in kib.items()}

    def others_per_min(self, outcome: Outcome) -> Mapping[str, float]:
        """Return how fast grew what else was looked at."""
        gauges = _columns([(each.at_s, each.gauges) for each in self._late(outcome)])
        return {name: round(per_minute(points), 3) for name, points in gauges.items()}

    def _late(self, outcome: Outcome) -> Sequence[Sample]:
        return [each for each in outcome.samples if each.at_s >= self.after]


def _columns(
    rows: Sequence[tuple[float, Mapping[str, float]]],
) -> dict[str, list[tuple[float, float]]]:
    columns: dict[str, list[tuple[float, float]]] = {}
    for at_s, values in rows:
        for name, value in values.items():
            columns.setdefault(name, []).append((at_s, value))
    return columns
