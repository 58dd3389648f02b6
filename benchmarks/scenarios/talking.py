"""What scenarios have in common in which people write to each other, evenly spread over time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.load.outcome import Outcome
from benchmarks.load.stage import Stage
from benchmarks.load.talker import Talker

SETTLE_S = 60.0
"""How long the last messages may still be on their way: a server that was overrun is behind."""
LOOK_S = 0.1
STILL_LOOKS = 20
"""Looks at which nothing more has come: then nothing is expected any more. In a second the server
would have found by itself what it forgot to tell."""


@dataclass(frozen=True, kw_only=True)
class Talking:
    """People who write in turn, and report what they received and read.

    Attributes:
        rate: messages a second, of all together.
        seconds: for how long it counts.
        warm_up: seconds before that, which do not count.
        read_after: seconds from receiving to reading; below zero nobody reads.
        chars: length of a message.
    """

    rate: float = 1000.0
    seconds: float = 20.0
    warm_up: float = 3.0
    read_after: float = 1.0
    chars: int = 40

    async def play(self, stage: Stage) -> None:
        """Connect all, let them write in turn, and wait for what is on its way."""
        talkers = await self.talkers(stage)
        await stage.begin(self.warm_up, self.seconds)
        await stage.in_turn(talkers, Talker.say, rate=self.rate, warm_up=self.warm_up)
        await settle(stage, talkers)

    async def talkers(self, stage: Stage) -> Sequence[Talker]:
        """Connect everybody."""
        return [
            Talker(
                line,
                stage.tally,
                others=stage.others_in(line.person),
                read_after_s=self.read_after if self.read_after >= 0 else None,
                chars=self.chars,
            )
            for line in await stage.connect(stage.people)
        ]

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return what became of the messages, and what one costs."""
        return {
            "messages_per_s": round(outcome.in_window("acked") / outcome.window_s),
            "deliveries_per_s": round(outcome.in_window("received") / outcome.window_s),
            "cpu_ms_per_message": outcome.cpu_ms_per("acked"),
        }


async def settle(stage: Stage, talkers: Sequence[Talker]) -> None:
    """Wait until nothing comes any more: others' messages are counted by other processes."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + SETTLE_S
    still, before = 0, None
    while loop.time() < until_s and still < STILL_LOOKS:
        now = (stage.tally.counts["received"], sum(each.waiting for each in talkers))
        still = still + 1 if now == before else 0
        before = now
        await asyncio.sleep(LOOK_S)
