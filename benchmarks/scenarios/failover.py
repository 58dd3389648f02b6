"""The scenario ``failover``: ``pairs``, and a process of chat dies while they talk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.load.outcome import Outcome
from benchmarks.load.stage import Stage
from benchmarks.load.steadfast import Steadfast
from benchmarks.scenarios.pairs import Pairs


@dataclass(frozen=True, kw_only=True)
class Failover(Pairs):
    """People who write to each other, and come back when they are cut off.

    Attributes:
        kill_after: seconds of the window, after which a process is killed.
    """

    rate: float = 100.0
    seconds: float = 30.0
    kill_after: float = 10.0

    async def talkers(self, stage: Stage) -> Sequence[Steadfast]:
        """Connect everybody."""
        talkers = []
        for line in await stage.connect(stage.people):
            talker = Steadfast(
                line,
                stage.tally,
                others=stage.others_in(line.person),
                read_after_s=self.read_after if self.read_after >= 0 else None,
                chars=self.chars,
            )
            talker.stage = stage
            talkers.append(talker)
        return talkers

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return how many were cut off, when the last was back, and what became of the messages."""
        counts, back = outcome.tally.counts, outcome.stages().get("back", {})
        return {
            **super().figures(outcome),
            "connected": counts["opened"],
            "cut_off": counts["cut off"],
            "back": counts["back"],
            "half_back_s": round(back.get("p50", 0.0) / 1000, 2),
            "all_back_s": round(back.get("max", 0.0) / 1000, 2),
            "acknowledged": counts["acked"],
            "lost": outcome.lost,
            "unanswered": outcome.unanswered,
            "resident_mib_at_most": _peaks(outcome),
        }


def _peaks(outcome: Outcome) -> Mapping[str, int]:
    peaks: dict[str, int] = {}
    for sample in outcome.samples:
        for name, kib in sample.resident_kib.items():
            peaks[name] = max(peaks.get(name, 0), round(kib / 1024))
    return peaks
