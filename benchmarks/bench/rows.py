"""What is asked of Parley alone, beside how many messages it holds: scenarios, and their goals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.load.outcome import Outcome
from benchmarks.load.stage import Scenario
from benchmarks.scenarios.connect import Connect
from benchmarks.scenarios.idle import Idle
from benchmarks.scenarios.offline import Offline
from benchmarks.scenarios.pairs import Pairs
from benchmarks.scenarios.presence import Presence
from benchmarks.scenarios.rooms import Rooms
from benchmarks.scenarios.storm import Storm
from benchmarks.scenarios.typing import Typing


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A number that a scenario shows.

    Attributes:
        limit: what it is to reach; None where it is only told.
        at_least: whether more is better.
    """

    what: str
    unit: str
    of: Callable[[Outcome], float]
    limit: float | None = None
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """Tell whether a number is good enough."""
        if self.limit is None:
            return True
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, kw_only=True)
class Row:
    """A scenario, and what is to be seen of it.

    Attributes:
        name: of the row.
        on_one_core: all servers share a core, and the load has the other.
    """

    name: str
    scenario: Scenario
    on_one_core: bool
    goals: Sequence[Goal]


def stage(name: str, quantile: str) -> Callable[[Outcome], float]:
    """Return what reads a quantile of a stage, in ms."""
    return lambda outcome: outcome.stages().get(name, {}).get(quantile, float("nan"))


def _per_delivery(outcome: Outcome) -> float:
    return outcome.cpu_ms_per("received")["all"]


def _deliveries(outcome: Outcome) -> float:
    return outcome.in_window("received") / outcome.window_s


def _kib_of_chat(outcome: Outcome) -> float:
    more = outcome.ready_kib["chat"] - outcome.at_rest_kib["chat"]
    return more / max(1, outcome.tally.counts["opened"])


def _busy(outcome: Outcome) -> float:
    return 100 * sum(outcome.cpu_s.values()) / outcome.window_s


def _grown_mib(outcome: Outcome) -> float:
    return outcome.grown_kib.get("chat", 0) / 1024


def rows(seconds: float) -> Sequence[Row]:
    """Return all rows, each of which counts for so long."""
    background = Pairs(rate=100.0, seconds=seconds, read_after=-1)
    return (
        Row(
            name="20 rooms of 50",
            scenario=Rooms(groups=20, members=50, rate=630.0, seconds=seconds, read_after=-1),
            on_one_core=True,
            goals=(
                Goal(
                    what="deliveries",
                    unit="/s",
                    of=_deliveries,
                    limit=30_000,
                    at_least=True,
                ),
                Goal(what="CPU a delivery", unit="ms", of=_per_delivery, limit=0.02),
            ),
        ),
        Row(
            name="connecting",
            scenario=Connect(connections=1000, seconds=seconds),
            on_one_core=True,
            goals=(
                Goal(
                    what="handshakes",
                    unit="/s",
                    of=lambda outcome: outcome.tally.counts["at once, per s"],
                    limit=800,
                    at_least=True,
                ),
                Goal(what="TCP connect to welcome, p50", unit="ms", of=stage("welcome", "p50")),
                Goal(what="TCP connect to welcome, p99", unit="ms", of=stage("welcome", "p99")),
            ),
        ),
        Row(
            name="1000 return at once",
            scenario=Storm(groups=100, members=11),
            on_one_core=True,
            goals=(
                Goal(
                    what="all in step",
                    unit="ms",
                    of=stage("in step", "max"),
                    limit=2000,
                ),
            ),
        ),
        Row(
            name="1000 idle",
            scenario=Idle(connections=1000, seconds=seconds, warm_up=5.0),
            on_one_core=False,
            goals=(Goal(what="CPU of all", unit="% of a core", of=_busy, limit=5),),
        ),
        Row(
            name="100 messages/s",
            scenario=background,
            on_one_core=False,
            goals=(
                Goal(what="received, p50", unit="ms", of=stage("received", "p50"), limit=5),
                Goal(what="received, p99", unit="ms", of=stage("received", "p99"), limit=25),
                Goal(what="receipt back, p99", unit="ms", of=stage("delivered", "p99"), limit=150),
            ),
        ),
        Row(
            name="typing",
            scenario=Typing(rate=20.0, seconds=seconds),
            on_one_core=False,
            goals=(
                Goal(
                    what="first keystroke seen, p99", unit="ms", of=stage("seen", "p99"), limit=50
                ),
            ),
        ),
        Row(
            name="presence",
            # Everybody has gone away when it begins to count, and comes back.
            scenario=Presence(
                connections=102, rate=10.0, warm_up=11.0, seconds=seconds, leave_every=0
            ),
            on_one_core=False,
            goals=(
                Goal(what="back again: told, p50", unit="ms", of=stage("online", "p50")),
                Goal(what="back again: told, p99", unit="ms", of=stage("online", "p99")),
            ),
        ),
        Row(
            name="200 missed",
            scenario=Offline(returning=5, messages=200),
            on_one_core=False,
            goals=(
                Goal(
                    what="all there, p50",
                    unit="ms",
                    of=stage("all messages", "p50"),
                    limit=50,
                ),
                Goal(what="receipts back, p50", unit="ms", of=stage("receipt", "p50"), limit=150),
            ),
        ),
        Row(
            name="10 000 missed",
            scenario=Offline(returning=1, messages=10_000, groups=50),
            on_one_core=False,
            goals=(
                Goal(
                    what="all there",
                    unit="ms",
                    of=stage("all messages", "max"),
                    limit=5000,
                ),
                Goal(what="chat grows by", unit="MiB", of=_grown_mib),
            ),
        ),
        Row(
            name="10 000 idle",
            scenario=Idle(connections=10_000, seconds=seconds, warm_up=5.0),
            on_one_core=False,
            goals=(
                Goal(what="memory of chat, each", unit="KiB", of=_kib_of_chat, limit=22),
                Goal(what="CPU of all", unit="% of a core", of=_busy),
            ),
        ),
    )
