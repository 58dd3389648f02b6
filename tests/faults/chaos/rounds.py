"""One round: people talk, some things break one after the other, all heals, and all is judged."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from statistics import median

from clients.python import parley
from tests.background import in_background
from tests.faults.chaos.cast import Cast
from tests.faults.chaos.ending import Ending
from tests.faults.chaos.result import Happening, Result, Sample
from tests.faults.chaos.scene import Fault, Scene
from tests.faults.judging import leftovers, membership, messages, presence, receipts, validity
from tests.faults.judging.collecting import usage_of
from tests.faults.judging.history import Acked, Received, Unknown
from tests.faults.stage import Stage

LEAST_ACKS = 100
LEAST_RECEPTIONS = 100
BEFORE_ACKS = 40
BETWEEN_ACKS = 20
SAMPLE_S = 0.25

log = logging.getLogger(__name__)


class Round:
    """One round on a scene.

    Args:
        scene: its stage is replaced by one of this round.
        faults: what breaks, in this order.
        clock_s: when the run began, on the monotonic clock.
    """

    def __init__(self, scene: Scene, faults: Sequence[Fault], *, clock_s: float) -> None:
        self._scene = scene
        self._faults = faults
        self._clock_s = clock_s
        self._result = Result()

    async def play(self) -> Result:
        """Do all of it.

        Raises:
            Invalid: it shows nothing.
        """
        suite, result = self._scene.suite, self._result
        await asyncio.to_thread(suite.wait_until_ready, "chat")
        before = await asyncio.to_thread(usage_of, suite)
        async with AsyncExitStack() as stack:
            gateway_url = self._scene.edges.lead_to(suite.process("gateway").port)
            stage = self._scene.stage = Stage(suite, stack, gateway_url=gateway_url)
            cast = await Cast.gather(stage)
            async with cast.attending():
                try:
                    async with cast.talking(), in_background(self._sample(stage, cast)):
                        await self._break_all(stage, cast)
                    await cast.settle()
                except* (AssertionError, parley.ParleyError) as failures:
                    result.broken += [f"did not heal: {each}" for each in _each_of(failures)]
                await self._judge(stage, cast)
        after = await asyncio.to_thread(usage_of, suite)
        result.broken += leftovers.grown(before, after)
        return result

    async def _break_all(self, stage: Stage, cast: Cast) -> None:
        await stage.acks(BEFORE_ACKS)
        for fault in self._faults:
            happening = Happening(fault=fault.name, began_s=self._now_s)
            self._result.happenings.append(happening)
            log.info("%7.1f s  %s", happening.began_s, fault)
            happening.effect = await fault.strike(self._scene)
            happening.ended_s = self._now_s
            happening.heal_s = await cast.heals()
            await stage.acks(BETWEEN_ACKS)

    async def _judge(self, stage: Stage, cast: Cast) -> None:
        history, result = stage.notes.history, self._result
        ending = Ending(self._scene, cast, is_lost=bool(result.broken))
        kept, said = await ending.marks(), await ending.said()
        left = await ending.left_over(may_bury=any(fault.buries for fault in self._faults))
        everybody = await ending.all_marks()
        heads = await asyncio.to_thread(stage.heads)
        stored = await asyncio.to_thread(stage.stored)
        steady = [row for row in stored if row.room in cast.steady_rooms]
        result.broken += [
            *messages.check(history, stored, heads),
            *receipts.check(history, steady, kept),
            *receipts.beyond_the_head(everybody, heads),
            *membership.check(history, stored),
            *presence.check(history, present=cast.present, said=said),
            *left,
        ]
        result.sent = stage.notes.invocations
        result.acked, result.unknown = len(history.of(Acked)), len(history.of(Unknown))
        result.received = len(history.of(Received))
        if not result.broken:
            validity.check(
                history,
                least_acks=LEAST_ACKS,
                least_receptions=LEAST_RECEPTIONS,
                faults={each.fault: each.effect for each in result.happenings},
            )

    async def _sample(self, stage: Stage, cast: Cast) -> None:
        notes = stage.notes
        while True:
            times_s = notes.fresh_ack_times_s()
            sample = Sample(
                at_s=self._now_s,
                unacked=notes.invocations - notes.acks,
                unseen=cast.unseen,
                ack_ms=median(times_s) * 1000 if times_s else None,
            )
            self._result.samples.append(sample)
            await asyncio.sleep(SAMPLE_S)

    @property
    def _now_s(self) -> float:
        return time.monotonic() - self._clock_s


def _each_of(failures: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for each in failures.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _each_of(each)
        else:
            yield each
