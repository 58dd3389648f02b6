"""What scenarios have in common in which people write to each other."""

import asyncio
from collections.abc import Mapping, Sequence

from benchmarks.load.outcome import Outcome
from benchmarks.load.stage import Stage
from benchmarks.load.talker import Talker

SETTLE_S = 10.0
"""How long the last messages may still be on their way."""
LOOK_S = 0.1
STILL_LOOKS = 10
"""Looks at which nothing more has come: then nothing is expected any more."""


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


def figures(outcome: Outcome) -> Mapping[str, object]:
    """Return what became of the messages, and what one costs."""
    return {
        "messages_per_s": round(outcome.in_window("acked") / outcome.window_s),
        "deliveries_per_s": round(outcome.in_window("received") / outcome.window_s),
        "cpu_ms_per_message": outcome.cpu_ms_per("acked"),
    }
