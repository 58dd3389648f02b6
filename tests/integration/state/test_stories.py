"""Many events, one after the other or while a device is away, as chance decides."""

import asyncio
import contextlib

from tests.integration.state import company, returning
from tests.integration.state.agreement import agreed
from tests.integration.state.stage import Stage
from tests.integration.state.table import EVENTS, HERE, LASTING

STORIES = 3
CHAPTERS = 2
EVENTS_EACH = 10
MISSED_EACH = 5

QUICK = [event for events in EVENTS.values() for event in events if event not in LASTING]
ELSEWHERE = [event for event in QUICK if event not in {*HERE, *company.EVENTS, *returning.EVENTS}]


async def test_whatever_happens_what_is_known_stays_true(world):
    async with contextlib.AsyncExitStack() as stack:
        stages = [Stage(world, stack, seed=number) for number in range(STORIES)]

        await asyncio.gather(*(played(stage) for stage in stages))


async def played(stage: Stage) -> None:
    """Let a story happen to people of its own; at the end of each chapter everybody agrees."""
    me, ann, bob = stage.world.people(3)
    await stage.set(me, ann, bob)
    device = await stage.connect()
    for _ in range(CHAPTERS):
        for event in stage.choice.choices(QUICK, k=EVENTS_EACH):
            await event(stage)
        await device.lose_network()
        for event in stage.choice.choices(ELSEWHERE, k=MISSED_EACH):
            await event(stage)
        await device.find_network()
        await agreed(device, stage.mine.api)
