"""The scenario ``pairs``: everybody writes to one other, evenly spread over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from benchmarks.load.outcome import Outcome
from benchmarks.load.pace import pace
from benchmarks.load.stage import Stage
from benchmarks.load.talker import Talker
from benchmarks.scenarios.talking import figures, settle


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """People who write to each other, two by two, and report what they received and read.

    Attributes:
        connections: how many people are there.
        rate: messages a second, of all together.
        seconds: for how long it counts.
        warm_up: seconds before that, which do not count.
        read_after: seconds from receiving to reading; below zero nobody reads.
        chars: length of a message.
    """

    connections: int = 1000
    rate: float = 1000.0
    seconds: float = 20.0
    warm_up: float = 3.0
    read_after: float = 1.0
    chars: int = 40

    def rooms(self) -> Sequence[int]:
        """Return a room for every two."""
        return [2] * -(-self.connections // 2)

    async def play(self, stage: Stage) -> None:
        """Connect all, let them write in turn, and wait for what is on its way."""
        talkers = [
            Talker(
                line,
                stage.tally,
                others=stage.others_in(line.person),
                read_after_s=self.read_after if self.read_after >= 0 else None,
                chars=self.chars,
            )
            for line in await stage.connect(stage.people)
        ]
        window = await stage.begin(self.warm_up, self.seconds)
        turns = cycle(talkers)
        await pace(
            lambda due_ns: next(turns).say(due_ns),
            rate_per_s=self.rate / stage.parts,
            begin_ns=window.begin_ns - int(self.warm_up * 1e9),
            end_ns=window.end_ns,
        )
        await settle(stage, talkers)

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return what became of the messages, and what one costs."""
        return figures(outcome)
