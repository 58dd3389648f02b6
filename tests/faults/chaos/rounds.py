"""One round: people talk, some things break one after the other, all heals, and all is judged."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from statistics import median

from tests.background import in_background
from tests.faults.chaos.cast import Cast
from tests.faults.chaos.ending import Ending
from tests.faults.chaos.result import Happening, Result, Sample
from tests.faults.chaos.scene import Fault, Scene
from tests.faults.judging import leftovers, membership, messages, presence, receipts, validity
from tests.faults.judging.collecting import usage_of
from tests.faults.judging.history import (
    Acked,
    Claimed,
    Fetched,
    GaveUp,
    Kept,
    Opened,
    Paged,
    Received,
    Refused,
    Seen,
    Told,
    Unknown,
)
from tests.faults.stage import Stage

LEAST = {
    Acked: 300,
    Received: 1_000,
    Claimed: 100,
    Told: 100,
    Kept: 100,
    Seen: 10,
    Paged: 20,
    Fetched: 10,
    Refused: 1,
    Opened: 10,
}
"""Of each kind of note; what a round waits for brings about a third of it."""
BEFORE_ACKS = 40
BETWEEN_ACKS = 20
GOES_ON_AFTER_S = 2.5
"""Where people chat on, they do so after that at the latest: 2 s are promised."""
SAMPLE_S = 0.25

log = logging.getLogger(__name__)


class Round:
    """One round on a scene.

    Args:
        scene: its stage is replaced by one of this round.
        faults: what breaks, in this order.
        clock_s: when the run began, on the monotonic clock.
        result: what is shown is written there, as far as one came.
        first: how many faults there were before.
    """

    def __init__(
        self,
        scene: Scene,
        faults: Sequence[Fault],
        *,
        clock_s: float,
        result: Result,
        first: int = 0,
    ) -> None:
        self._scene = scene
        self._faults = faults
        self._clock_s = clock_s
        self._result = result
        self._first = first

    async def play(self) -> None:
        """Do all of it; whatever goes wrong is a part of the result."""
        suite, result = self._scene.suite, self._result
        await asyncio.to_thread(suite.wait_until_ready, "chat")
        self._scene.base = self._scene.base or await asyncio.to_thread(usage_of, suite)
        async with AsyncExitStack() as stack:
            gateway_url = self._scene.edges.lead_to(suite.process("gateway").port)
            stage = self._scene.stage = Stage(suite, stack, gateway_url=gateway_url)
            cast = await Cast.gather(stage)
            async with cast.attending():
                try:
                    async with cast.talking(), in_background(self._sample(stage, cast)):
                        await self._break_all(stage, cast)
                    await cast.settle()
                except* Exception as failures:  # noqa: BLE001 - all of them are told
                    result.broken += [f"did not heal: {each!r}" for each in _each_of(failures)]
                await self._judge(stage, cast)
        after = await asyncio.to_thread(usage_of, suite)
        result.broken += leftovers.grown(self._scene.base, after)

    async def _break_all(self, stage: Stage, cast: Cast) -> None:
        await stage.acks(BEFORE_ACKS)
        for number, fault in enumerate(self._faults, start=self._first):
            self._scene.begin(number)
            places = await cast.quiet_places()
            async with asyncio.TaskGroup() as group:
                for place in places:
                    group.create_task(cast.say_one_thing(place))
                await self._break_one(fault, stage, cast)
            await stage.acks(BETWEEN_ACKS)

    async def _break_one(self, fault: Fault, stage: Stage, cast: Cast) -> None:
        happening = Happening(fault=fault.name, began_s=self._now_s, victims=self._scene.victims)
        self._result.happenings.append(happening)
        acks = stage.notes.acks
        happening.effect = await fault.strike(self._scene)
        happening.ended_s, happening.acked_meanwhile = self._now_s, stage.notes.acks - acks
        happening.heal_s = await cast.heals()
        happening.acked = stage.notes.acks - acks
        lasted_s = happening.ended_s - happening.began_s
        log.info("%7.1f s  %s %s", happening.began_s, fault, " ".join(happening.victims))
        if fault.goes_on and lasted_s > GOES_ON_AFTER_S and not happening.acked_meanwhile:
            self._result.broken.append(f"nobody could chat while {fault}, for {lasted_s:.1f} s")

    async def _judge(self, stage: Stage, cast: Cast) -> None:
        history, result = stage.notes.history, self._result
        ending = Ending(self._scene, cast, is_lost=bool(result.broken))
        kept, said = await ending.marks(), await ending.said()
        left = await ending.left_over()
        everybody = await ending.all_marks()
        heads = await asyncio.to_thread(stage.heads)
        stored = await asyncio.to_thread(stage.stored)
        lone = cast.absentee.room
        judged = [row for row in stored if row.room in {*cast.steady_rooms, lone}]
        result.broken += [
            *messages.check(history, stored, heads),
            *messages.missed(history, cast.absentee.user, {lone: heads[lone]}),
            *receipts.check(history, judged, kept),
            *receipts.beyond_the_head(everybody, heads),
            *membership.check(history, stored),
            *presence.check(history, present=cast.present, said=said),
            *(f"not taken for a minute: {note}" for note in history.of(GaveUp)),
            *left,
        ]
        result.sent = stage.notes.invocations
        result.acked, result.unknown = len(history.of(Acked)), len(history.of(Unknown))
        result.received = len(history.of(Received))
        try:
            validity.check(
                history,
                least=LEAST,
                deeds=cast.deeds,
                faults={each.fault: each.effect for each in result.happenings},
            )
        except validity.Invalid as reason:
            result.invalid = str(reason)

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
