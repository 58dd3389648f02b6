"""The scenario ``mixed``: a plausible day, in fast motion."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic_ns

from benchmarks.load.line import CannotOpen
from benchmarks.load.pace import NS_PER_S
from benchmarks.load.stage import Stage
from benchmarks.load.talker import Talker
from benchmarks.scenarios.pairs import pairs_of
from benchmarks.scenarios.talking import Talking, settle

GROUP = 10


@dataclass(frozen=True, kw_only=True)
class Mixed(Talking):
    """People in pairs and in groups of ten who type, write, read, look away, leave and come back.

    Attributes:
        connections: how many people there are, half of them in pairs.
        typing_for: seconds of typing before a message.
        activity: changes a second to ``away``, or back.
        leaving: people a second who leave, and come back.
        gone: seconds until they do.
    """

    connections: int = 1000
    rate: float = 300.0
    typing_for: float = 0.5
    activity: float = 20.0
    leaving: float = 5.0
    gone: float = 3.0

    def rooms(self) -> Sequence[int]:
        """Return a pair for every two of one half, and a group for every ten of the other."""
        half = self.connections // 2
        return [*pairs_of(half), *([GROUP] * -(-half // GROUP))]

    async def play(self, stage: Stage) -> None:
        """Connect all, let them live for a while, and wait for what is on its way."""
        people = [Busy(stage, talker, self) for talker in await self.talkers(stage)]
        await stage.begin(self.warm_up, self.seconds)

        async def often(act: Callable[[Busy, int], None], rate: float, first: float) -> None:
            # Each begins elsewhere: who writes is rarely who has just left.
            start = int(first * len(people))
            turns = [*people[start:], *people[:start]]
            await stage.in_turn(turns, act, rate=rate, warm_up=self.warm_up)

        await asyncio.gather(
            often(Busy.write, self.rate, 0.0),
            often(Busy.look_away_or_back, self.activity, 0.3),
            often(Busy.leave, self.leaving, 0.7),
        )
        await asyncio.gather(*(each.coming for each in people if each.coming))
        await settle(stage, [each.talker for each in people])


class Busy:
    """Somebody who does all of that.

    Attributes:
        coming: ends when who left is back.
    """

    def __init__(self, stage: Stage, talker: Talker, how: Mixed) -> None:
        self.talker = talker
        self.coming: asyncio.Task[None] | None = None
        self._stage = stage
        self._how = how
        self._is_away = False
        self._loop = asyncio.get_running_loop()

    def write(self, due_ns: int) -> None:
        """Type for a while, then write; the message is due at the end of it."""
        if not self.talker.line.is_open:
            self._stage.tally.counts["wanted to write while gone"] += 1
            return
        self._send("typing", room=self.talker.line.person.room, is_typing=True)
        said_ns = due_ns + int(self._how.typing_for * NS_PER_S)
        self._loop.call_later((said_ns - monotonic_ns()) / NS_PER_S, self._say, said_ns)

    def look_away_or_back(self, _due_ns: int) -> None:
        """Turn to another window, or back."""
        if self.talker.line.is_open:
            self._is_away = not self._is_away
            self._send("activity", state="away" if self._is_away else "active")

    def leave(self, _due_ns: int) -> None:
        """Leave, and come back a while later, unless something of theirs is still on its way."""
        is_back = self.coming is None or self.coming.done()
        if is_back and self.talker.line.is_open and not self.talker.waiting:
            self._stage.tally.counts["left"] += 1
            self.coming = asyncio.create_task(self._come_back())

    def _say(self, due_ns: int) -> None:
        if self.talker.line.is_open:
            self.talker.say(due_ns)

    def _send(self, kind: str, **members: str | bool) -> None:
        self.talker.line.send(self.talker.line.dialect.frame(kind, **members))

    async def _come_back(self) -> None:
        self.talker.go_away()
        await self.talker.line.close()
        await asyncio.sleep(self._how.gone)
        began_ns = monotonic_ns()
        try:
            line = await self._stage.open(self.talker.line.person, on_heard=self.talker.hear)
        except CannotOpen as error:
            self._stage.tally.counts[f"not opened: {error}"] += 1
            return
        self.talker.come_back(line, since_ns=monotonic_ns())
        self._stage.tally.late("back", began_ns, monotonic_ns())
