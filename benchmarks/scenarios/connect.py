"""The scenario ``connect``: how many can come in a second, and how long one waits at the door."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic_ns

from benchmarks.load.line import CannotOpen
from benchmarks.load.outcome import Outcome
from benchmarks.load.pace import NS_PER_S
from benchmarks.load.people import Somebody
from benchmarks.load.stage import Stage
from benchmarks.scenarios.pairs import pairs_of


@dataclass(frozen=True, kw_only=True)
class Connect:
    """People who connect: first so many at once, all the time; then evenly spread, a few a second.

    Attributes:
        connections: how many people there are.
        at_once: handshakes at the same time, of all load processes together.
        rate: afterwards, handshakes a second.
        seconds: for how long that counts.
        warm_up: seconds before that, which do not count.
        stay: seconds that a connection stays then.
    """

    connections: int = 2000
    at_once: int = 64
    rate: float = 20.0
    seconds: float = 10.0
    warm_up: float = 1.0
    stay: float = 1.0

    def rooms(self) -> Sequence[int]:
        """Return a room for every two."""
        return pairs_of(self.connections)

    async def play(self, stage: Stage) -> None:
        """Connect all at once, leave, and come again one by one."""
        began_ns = monotonic_ns()
        lines = await stage.connect(stage.people, at_once=max(1, self.at_once // stage.parts))
        passed_s = (monotonic_ns() - began_ns) / NS_PER_S
        # Each process adds its own: together they are what the server did in a second.
        stage.tally.counts["at once, per s"] = round(len(lines) / passed_s)
        await stage.leave()
        stage.lines.clear()
        await stage.begin(self.warm_up, self.seconds)
        visits: list[asyncio.Task[None]] = []

        def visit(person: Somebody, due_ns: int) -> None:
            visits.append(asyncio.create_task(self._visit(stage, person, due_ns)))

        await stage.in_turn(stage.people, visit, rate=self.rate, warm_up=self.warm_up)
        await asyncio.gather(*visits)

    async def _visit(self, stage: Stage, person: Somebody, due_ns: int) -> None:
        try:
            line = await stage.open(person)
        except CannotOpen as error:
            stage.tally.counts[f"not opened: {error}"] += 1
            return
        stage.tally.counts["handshakes"] += 1
        stage.tally.late("welcome", due_ns, monotonic_ns())
        await asyncio.sleep(self.stay)
        stage.lines.remove(line)
        await line.close()

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return how many came in a second, and what one costs, its leaving included."""
        return {
            "handshakes_per_s_at_once": outcome.tally.counts["at once, per s"],
            "cpu_ms_per_handshake": outcome.cpu_ms_per("handshakes"),
        }
