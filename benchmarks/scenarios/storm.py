"""The scenario ``storm``: everybody but one in each group is cut off, and comes back at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from time import monotonic_ns

from benchmarks.load.author import Author
from benchmarks.load.line import CannotOpen
from benchmarks.load.outcome import Outcome
from benchmarks.load.people import Somebody
from benchmarks.load.returning import Returning
from benchmarks.load.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Storm:
    """Groups: all but one lose the network, that one writes on, and they come back all at once.

    Attributes:
        groups: how many groups there are.
        members: of each, with the one who stays.
        messages: that the one who stays writes meanwhile.
        away: seconds from the last of these to the return; above two a replay is sent.
        within: seconds in which all have to be in step again.
    """

    groups: int = 50
    members: int = 11
    messages: int = 5
    away: float = 5.0
    within: float = 60.0

    def rooms(self) -> Sequence[int]:
        """Return the groups."""
        return [self.members] * self.groups

    async def play(self, stage: Stage) -> None:
        """Connect all, cut them off, write, and let them return."""
        staying, leaving = _divided(stage.people)
        authors = [Author(line, stage.tally) for line in await stage.connect(staying)]
        away = [Returning(stage, each) for each in leaving]
        hearing = {each.person.user: each.hear for each in away}
        for line in await stage.connect(leaving, hear=lambda person: hearing[person.user]):
            line.drop()
        await asyncio.gather(
            *(each.write([each.line.person.room] * self.messages) for each in authors)
        )
        await asyncio.sleep(self.away)
        stage.tally.counts["to be received"] = self.messages * len(away)
        window = await stage.begin(0.0, self.within)
        await asyncio.sleep(max(0.0, (window.begin_ns - monotonic_ns()) / 1e9))
        await asyncio.gather(*(self._return(stage, each) for each in away))

    async def _return(self, stage: Stage, person: Returning) -> None:
        counts, due_ns = stage.tally.counts, stage.tally.window.begin_ns
        try:
            async with asyncio.timeout(self.within):
                await person.come_back()
                counts["back"] += 1
                stage.tally.late("welcome", due_ns, monotonic_ns())
                await person.in_step.wait()
        except (CannotOpen, TimeoutError) as error:
            counts[f"not in step: {error!r}"] += 1
            return
        counts["in step"] += 1
        stage.tally.late("in step", due_ns, monotonic_ns())

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return how long it took until the last was in step, and what a return costs."""
        last = outcome.stages().get("in step", {}).get("max", 0.0)
        return {
            "people": self.groups * (self.members - 1),
            "in_step": outcome.tally.counts["in step"],
            "all_in_step_s": round(last / 1000, 3),
            "cpu_ms_per_return": outcome.cpu_ms_per("back"),
        }


def _divided(people: Sequence[Somebody]) -> tuple[list[Somebody], list[Somebody]]:
    """Return one of each room, and all others."""
    rooms = [
        list(same)
        for _, same in groupby(sorted(people, key=lambda each: each.room), lambda each: each.room)
    ]
    return [room[0] for room in rooms], [each for room in rooms for each in room[1:]]
