"""What a run showed, before it is put into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.load.tally import Tally, quantiles_ms

LOSSES = ("to be received", "received")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How things stood at one moment, in seconds since the load was started.

    Attributes:
        gauges: what else was looked at; empty in most samples, because looking costs something.
    """

    at_s: float
    counts: Mapping[str, int]
    cpu_s: Mapping[str, float]
    resident_kib: Mapping[str, int]
    gauges: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What all load processes counted, and what the servers used for it.

    Attributes:
        window_s: length of the part that counts.
        cpu_s: that the servers used within the window, by name.
        load_cpu_s: that the load itself used, over its whole run.
        at_rest_kib: resident memory before anybody connected.
        ready_kib: when the scenario was ready to begin.
        grown_kib: by how much it grew at most within the window.
        samples: one a second.
    """

    tally: Tally
    window_s: float
    cpu_s: Mapping[str, float]
    load_cpu_s: float
    at_rest_kib: Mapping[str, int]
    ready_kib: Mapping[str, int]
    grown_kib: Mapping[str, int] = field(default_factory=dict)
    samples: Sequence[Sample] = field(default_factory=list)

    def in_window(self, name: str) -> int:
        """Return how often something happened within the window."""
        return self.tally.after[name] - self.tally.before[name]

    @property
    def lost(self) -> int:
        """Messages that were acknowledged, and that somebody in the room did not get."""
        counts = self.tally.counts
        return counts["to be received"] - counts["received"]

    @property
    def unanswered(self) -> int:
        """Messages that were sent, and neither acknowledged nor refused."""
        counts = self.tally.counts
        refused = sum(count for name, count in counts.items() if name.startswith("error "))
        return counts["sent"] - counts["acked"] - refused

    @property
    def troubles(self) -> dict[str, int]:
        """What should not have happened, and how often it did."""
        wrong = (
            "error ",
            "closed ",
            "not opened",
            "again",
            "behind",
            "out of order",
            "lost",
            "unanswered",
        )
        counted = {**self.tally.counts, "lost": self.lost, "unanswered": self.unanswered}
        return {name: count for name, count in counted.items() if count and name.startswith(wrong)}

    def stages(self) -> dict[str, dict[str, float]]:
        """Return the quantiles of each stage, in milliseconds."""
        return {name: quantiles_ms(each) for name, each in self.tally.stages.items()}

    def cpu_ms_per(self, name: str) -> dict[str, float]:
        """Return the servers' CPU in milliseconds by what happened within the window, and the sum.

        Nothing for servers that are elsewhere.
        """
        if not self.cpu_s:
            return {}
        count = max(1, self.in_window(name))
        each = {server: round(1000 * used / count, 4) for server, used in self.cpu_s.items()}
        return {**each, "all": round(1000 * sum(self.cpu_s.values()) / count, 4)}
