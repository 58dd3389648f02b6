"""The scenario ``idle``: many people who are there, and do nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic_ns

from benchmarks.load.dialects import Heard
from benchmarks.load.line import Line
from benchmarks.load.outcome import Outcome
from benchmarks.load.stage import Stage
from benchmarks.load.tally import Tally
from benchmarks.scenarios.pairs import pairs_of


@dataclass(frozen=True, kw_only=True)
class Idle:
    """People who are connected and only send ``ping``: what a connection costs.

    Attributes:
        connections: how many people are there.
        seconds: for how long it counts.
        warm_up: seconds before that: until everybody was told of everybody.
        ping_every: seconds between two pings of one person.
    """

    connections: int = 10_000
    seconds: float = 20.0
    warm_up: float = 10.0
    ping_every: float = 30.0

    def rooms(self) -> Sequence[int]:
        """Return a room for every two."""
        return pairs_of(self.connections)

    async def play(self, stage: Stage) -> None:
        """Connect all, and let them ping, spread over time."""
        due_ns: dict[str, int] = {}
        lines = await stage.connect(stage.people)
        for line in lines:
            line.on_heard = partial(_hear, stage.tally, line, due_ns)
        await stage.begin(self.warm_up, self.seconds)

        def ping(line: Line, at_ns: int) -> None:
            due_ns[line.person.user] = at_ns
            line.send(line.dialect.frame("ping"))
            stage.tally.counts["pings"] += 1

        # Each load process has its own people: together they are all.
        rate = stage.parts * len(lines) / self.ping_every
        await stage.in_turn(lines, ping, rate=rate, warm_up=self.warm_up)
        await asyncio.sleep(1.0)  # for the last answers

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return what a connection needs, and how busy an idle suite is."""
        opened = max(1, outcome.tally.counts["opened"])
        more = {name: size - outcome.at_rest_kib[name] for name, size in outcome.ready_kib.items()}
        busy = {name: 100 * used / outcome.window_s for name, used in outcome.cpu_s.items()}
        return {
            "kib_per_connection": {name: round(size / opened, 2) for name, size in more.items()},
            "cpu_percent_of_a_core": {
                **{name: round(share, 2) for name, share in busy.items()},
                "all": round(sum(busy.values()), 2),
            },
        }


def _hear(tally: Tally, line: Line, due_ns: dict[str, int], heard: Heard) -> None:
    if heard.type == "pong" and (at_ns := due_ns.pop(line.person.user, None)) is not None:
        tally.counts["pongs"] += 1
        tally.late("pong", at_ns, monotonic_ns())
    elif heard.type == "error":
        tally.counts[f"error {heard.code}"] += 1
