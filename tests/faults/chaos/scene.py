"""What a fault may lay hands on, and the catalogue of all there are.

A fault is a function that breaks something, keeps it broken for a while and makes it whole again;
it returns how much was seen to happen. A fault without any effect did not fire, and makes a run
invalid.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from dev.harness import RunningSuite
from tests.faults.judging.leftovers import Usage
from tests.faults.rig.edges import Edges
from tests.faults.rig.stale_copy import StaleCopy
from tests.faults.stage import Stage

CHAT_PROCESSES = 2
SHORT_S = (0.3, 1.5)
LONG_S = (1.5, 5.0)
LOOK_S = 0.05
HAPPENS_WITHIN_S = 30.0
"""On an edge where little passes one has to wait for something to happen to."""


@dataclass(kw_only=True)
class Scene:
    """One suite behind proxies, and the people of the present round.

    Attributes:
        seed: of the run.
        dice: decides for the present fault what is left to chance.
        victims: what the present fault has struck, where there was a choice.
        base: what each service used before the first round.
    """

    suite: RunningSuite
    edges: Edges
    copy: StaleCopy
    stage: Stage
    seed: int
    dice: random.Random = field(default_factory=random.Random)
    victims: list[str] = field(default_factory=list)
    base: Mapping[str, Usage] = field(default_factory=dict)

    @property
    def redis_url(self) -> str:
        """As the administrator reaches Redis."""
        return self.suite.state.redis_url

    async def a_while(self, bounds_s: tuple[float, float] = SHORT_S) -> None:
        """Let it be broken for a time that chance chooses."""
        await asyncio.sleep(self.dice.uniform(*bounds_s))

    async def a_while_until(
        self, effect: Callable[[], int], bounds_s: tuple[float, float] = LONG_S
    ) -> int:
        """Let it be broken for a time that chance chooses, and until that shows; return how much."""
        until_s = time.monotonic() + HAPPENS_WITHIN_S
        await self.a_while(bounds_s)
        while not effect() and time.monotonic() < until_s:
            await asyncio.sleep(LOOK_S)
        return effect()

    def begin(self, number: int) -> None:
        """Throw other dice for each fault: what one of them needs changes nothing of the next."""
        self.dice = random.Random(f"{self.seed} {number}")  # noqa: S311 - to be repeated
        self.victims = []


Strike = Callable[[Scene], Awaitable[int]]


@dataclass(frozen=True)
class Fault:
    """One entry of the catalogue.

    Attributes:
        name: what breaks, and how.
        strike: breaks it, and makes it whole again.
        goes_on: whether people chat on meanwhile, as if nothing were broken.
    """

    name: str
    strike: Strike
    goes_on: bool = False

    def __str__(self) -> str:
        return self.name


CATALOGUE: dict[str, Fault] = {}
"""All faults, by name. Filled by the modules beside this one."""


def fault(name: str, *, goes_on: bool = False) -> Callable[[Strike], Strike]:
    """Put a function into the catalogue."""

    def enter(strike: Strike) -> Strike:
        assert name not in CATALOGUE, name
        CATALOGUE[name] = Fault(name, strike, goes_on)
        return strike

    return enter
