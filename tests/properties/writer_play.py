"""Chat's writer on a PostgreSQL in changing moods, and its senders, who say everything twice."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg2
import pytest

from libs.common.errors import ParleyError
from services.chat.domain.drafts import Draft, Stored
from services.chat.writer.writer import DEADLINE_S, LOOK_FOR_LATE_S, Writer
from tests.properties.doors import check_answer
from tests.properties.moody_postgres import MOODS, WELL, MoodyServer
from tests.properties.quick_time import LoopClock, QuickLoop

NOTHING_WAS_DONE = {"unavailable", "bad_frame"}
CALM_S = 30.0
"""Longer than anything takes that is still under way."""
ROUNDING_S = 0.01


@dataclass
class Said:
    """A message, and what its sender heard at each try."""

    draft: Draft
    heard: list[str] = field(default_factory=list)


class WriterPlay(ExitStack):
    """One writer, one server, and a loop of their own inside the block."""

    def __init__(self) -> None:
        super().__init__()
        self.server = MoodyServer()
        self._runner = self.enter_context(asyncio.Runner(loop_factory=QuickLoop))
        self._loop = self._runner.get_loop()
        patch = self.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(psycopg2, "connect", self.server.connect)
        self._writer = Writer(
            dsn="",
            clock=LoopClock(self._loop),
            collect_s=0.001,
            on_written=lambda _: None,
            take_published=list,
            put_back_published=lambda _: None,
        )

    def run(self, pieces: Sequence[tuple[str, int, float]]) -> list[Said]:
        """Live through moods: how many write as each begins, and how long it lasts.

        Everything is said again in the end, when PostgreSQL is well.
        """
        return self._runner.run(self._play(pieces))

    async def _play(self, pieces: Sequence[tuple[str, int, float]]) -> list[Said]:
        writing = self._loop.create_task(self._writer.run())
        said: list[Said] = []
        async with asyncio.TaskGroup() as saying:
            for mood, writers, lasts_s in pieces:
                self.server.mood = MOODS[mood]
                for _ in range(writers):
                    said.append(Said(Draft(f"r{len(said) % 2}", "ann", f"c{len(said)}", "hello")))
                    saying.create_task(self._say(said[-1]))
                await asyncio.sleep(lasts_s)
        self.server.mood = WELL
        await asyncio.sleep(CALM_S)
        refused = {one.draft.client_id for one in said if one.heard[0] in NOTHING_WAS_DONE}
        assert self.server.stored.isdisjoint(refused)
        for one in said:
            await self._say(one)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        return said

    async def _say(self, one: Said) -> None:
        began_s = self._loop.time()
        try:
            stored = await self._writer.send(one.draft)
        except ParleyError as error:
            one.heard.append(check_answer(error))
        else:
            self._check(one.draft, stored)
            one.heard.append("stored")
        assert self._loop.time() - began_s <= DEADLINE_S + LOOK_FOR_LATE_S + ROUNDING_S

    def _check(self, draft: Draft, stored: Stored) -> None:
        assert self.server.rooms[draft.room][stored.seq - 1] == draft.client_id
