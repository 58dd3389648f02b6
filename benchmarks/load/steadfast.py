"""Somebody who is cut off, comes back by the protocol's ladder, and sends again what has no answer."""

import asyncio
from secrets import SystemRandom
from time import monotonic_ns

from benchmarks.load.line import CannotOpen
from benchmarks.load.stage import Stage
from benchmarks.load.talker import Talker

FIRST_WITHIN_S = 2.0
"""A lost connection's first try comes within that. Source: docs/protocol.md."""
BASES_S = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Of the tries after it, each times a random half to whole. Source: docs/protocol.md."""

_CHANCE = SystemRandom()


class Steadfast(Talker):
    """A talker whose line may break.

    What it has to say meanwhile goes nowhere, as on any broken line, and is sent when it is back. So is
    what it reported, where ``welcome`` shows that nobody has taken note of it.

    Attributes:
        stage: opens lines; to be set before one is lost.
        first_within_s: within which the first try comes.
    """

    stage: Stage
    first_within_s = FIRST_WITHIN_S
    _returning: asyncio.Task[None] | None = None

    def _lost(self, _close_code: int) -> None:
        self._tally.counts["cut off"] += 1
        self.go_away()
        self._returning = asyncio.create_task(self._return(monotonic_ns()))

    async def _return(self, lost_ns: int) -> None:
        for wait_s in (self.first_within_s * _CHANCE.random(), *_waits()):
            await asyncio.sleep(wait_s)
            try:
                line = await self.stage.open(self.line.person)
            except CannotOpen:
                self._tally.counts["tried in vain"] += 1
                continue
            now_ns = monotonic_ns()
            self._tally.counts["back"] += 1
            self._tally.took("back", now_ns - lost_ns)
            self.come_back(line, now_ns)
            self.say_again()
            self.compare(line.room)
            return
        self._tally.counts["lost for good"] += 1


def _waits() -> list[float]:
    return [base_s * _CHANCE.uniform(0.5, 1) for base_s in BASES_S]
