"""What a load counts: how often something happened, and how late.

Times are nanoseconds of the machine's monotonic clock, which all processes of one machine share: a
message carries the time at which it was due, and whoever gets it can tell how long that took.
Histograms are HDR: three digits of every value, whatever its size.
Source: Gil Tene, "How NOT to measure latency".
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

LOWEST_US, HIGHEST_US, DIGITS = 1, 120_000_000, 3
"""Range of the histograms, in microseconds; what takes longer counts as two minutes."""
NS_PER_US = 1_000
QUANTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9, "max": 100.0}


def histogram() -> HdrHistogram:
    """Return an empty histogram of microseconds."""
    return HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)


@dataclass(slots=True)
class Window:
    """The part of a run that counts: from when to when, on the monotonic clock."""

    begin_ns: int = 0
    end_ns: int = 0

    def holds(self, at_ns: int) -> bool:
        """Say whether what was due at that time counts."""
        return self.begin_ns <= at_ns < self.end_ns


@dataclass(slots=True)
class Tally:
    """What one load process has counted.

    Attributes:
        counts: over the whole run, by what happened.
        before: the counts at the beginning of the window.
        after: at its end.
        stages: how late things were that were due within the window, by stage of their road.
    """

    window: Window = field(default_factory=Window)
    counts: Counter[str] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    stages: dict[str, HdrHistogram] = field(default_factory=dict)

    def late(self, stage: str, due_ns: int, now_ns: int) -> None:
        """Note that something due at one time came through a stage at another."""
        if self.window.holds(due_ns):
            self.took(stage, now_ns - due_ns)

    def took(self, stage: str, duration_ns: int) -> None:
        """Note how long something took, window or not."""
        stages = self.stages
        if stage not in stages:
            stages[stage] = histogram()
        stages[stage].record_value(min(HIGHEST_US, max(LOWEST_US, duration_ns // NS_PER_US)))

    def packed(self) -> "PackedTally":
        """Return it as plain values, to be sent to another process."""
        encoded = {name: each.encode() for name, each in self.stages.items()}
        return PackedTally(self.counts, self.before, self.after, encoded)


@dataclass(frozen=True, slots=True)
class PackedTally:
    """A tally on its way to another process; ``stages`` are encoded histograms."""

    counts: Counter[str]
    before: Counter[str]
    after: Counter[str]
    stages: dict[str, bytes]


def merged(parts: Iterable[PackedTally]) -> Tally:
    """Return what several load processes counted together."""
    whole = Tally()
    for part in parts:
        whole.counts += part.counts
        whole.before += part.before
        whole.after += part.after
        for name, encoded in part.stages.items():
            whole.stages.setdefault(name, histogram()).decode_and_add(encoded)
    return whole


def quantiles_ms(stage: HdrHistogram) -> dict[str, float]:
    """Return how many there were, the quantiles in milliseconds, and the largest."""
    count = stage.get_total_count()
    if not count:
        return {"count": 0, **dict.fromkeys(QUANTILES, math.nan)}
    values = stage.get_percentile_to_value_dict(list(QUANTILES.values()))
    return {
        "count": count,
        **{name: round(values[share] / NS_PER_US, 2) for name, share in QUANTILES.items()},
    }
