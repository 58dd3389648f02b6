"""Dice, and a database that is as slow and as unreliable as they fall."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from libs.common.errors import Unavailable
from tests.unit.chat.hub.fake_database import FakeDatabase


class Dice(random.Random):
    """What chance decides. Pauses are in ms, and often as long as one another: ties matter."""

    def chance(self, share: float) -> bool:
        return self.random() < share

    async def pause(self, *lengths_ms: float) -> None:
        length_ms = self.choice(lengths_ms)
        if length_ms:
            await asyncio.sleep(length_ms / 1000)


class SlowDatabase(FakeDatabase):
    """Answers late, and fails with a likelihood of ``fails``: before it did anything or after."""

    def __init__(self, dice: Dice) -> None:
        super().__init__()
        self.dice = dice
        self.fails = 0.0

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self._wait(self.fails)
        answer = getattr(self, function.__name__)(*args, **kwargs)
        await self._wait(self.fails / 2)
        return answer

    async def _wait(self, fails: float) -> None:
        await self.dice.pause(0, 0, 1, 2, 5, 12)
        if self.dice.chance(fails):
            raise Unavailable
