"""The scenario ``presence``: everybody is told of all whom they know, and of their changes.

Who is away or gone is told of only after a grace of 5 s, which is in the latencies of these.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from time import monotonic_ns

from benchmarks.load.line import Line
from benchmarks.load.outcome import Outcome
from benchmarks.load.stage import Stage
from benchmarks.load.watching import Changing, Expected, Watcher


@dataclass(frozen=True, kw_only=True)
class Presence:
    """People who know each other in groups: they all connect at once, then change one by one.

    Attributes:
        connections: how many people are there.
        contacts: whom each of them knows.
        rate: changes a second, of all together.
        seconds: for how long that counts.
        warm_up: seconds before that, which do not count.
        leave_every: of so many changes one is to leave, and to come back; 0 for none.
        gone: seconds until who left comes back.
        within: seconds in which everybody has to know of everybody at first.
    """

    connections: int = 1000
    contacts: int = 50
    rate: float = 20.0
    seconds: float = 20.0
    warm_up: float = 3.0
    leave_every: int = 10
    gone: float = 10.0
    within: float = 60.0

    def rooms(self) -> Sequence[int]:
        """Return groups in which each knows so many others."""
        return [self.contacts + 1] * max(1, self.connections // (self.contacts + 1))

    async def play(self, stage: Stage) -> None:
        """Connect all, wait until all know of all, and let them change in turn."""
        expected: Expected = {}
        watchers = {
            each.user: Watcher(each, stage.tally, expected, contacts=stage.others_in(each))
            for each in stage.people
        }
        began_ns = monotonic_ns()
        lines = await stage.connect(stage.people, hear=lambda each: watchers[each.user].hear)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.within):
                for watcher in watchers.values():
                    await watcher.knows_all.wait()
        await self._change_all(stage, expected, lines, began_ns, watchers)

    async def _change_all(
        self,
        stage: Stage,
        expected: Expected,
        lines: Sequence[Line],
        began_ns: int,
        watchers: Mapping[str, Watcher],
    ) -> None:
        tally = stage.tally
        knowing = sum(each.knows_all.is_set() for each in watchers.values())
        tally.counts["know all"] = knowing
        tally.took("all know all", monotonic_ns() - began_ns)
        await stage.begin(self.warm_up, self.seconds)
        people = [Changing(stage, expected, line, watchers[line.person.user]) for line in lines]
        comings: list[asyncio.Task[None]] = []
        changes = count(1)

        def change(person: Changing, due_ns: int) -> None:
            if self.leave_every and next(changes) % self.leave_every == 0:
                comings.append(asyncio.create_task(person.leave(due_ns, self.gone)))
            else:
                person.toggle(due_ns)

        await stage.in_turn(people, change, rate=self.rate, warm_up=self.warm_up)
        await asyncio.gather(*comings)
        await asyncio.sleep(1.0)  # for the last to be told

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return how soon all knew of all, frames by socket, and what a change costs."""
        counts = outcome.tally.counts
        settled_ms = outcome.stages().get("all know all", {}).get("max", 0.0)
        return {
            "people": counts["opened"],
            "know_all": counts["know all"],
            "all_know_all_s": round(settled_ms / 1000, 2),
            "presence_frames_per_socket": round(counts["frames"] / max(1, counts["opened"]), 1),
            "changes": counts["changes"],
            "cpu_ms_per_change": outcome.cpu_ms_per("changes"),
        }
