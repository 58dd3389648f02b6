"""What a fault may lay hands on, and the catalogue of all there are.

A fault is a function that breaks something, keeps it broken for a while and makes it whole again;
it returns how much was seen to happen. A fault without any effect did not fire, and makes a run
invalid.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dev.harness import RunningSuite
from tests.faults.rig.edges import Edges
from tests.faults.rig.stale_copy import StaleCopy
from tests.faults.stage import Stage

SHORT_S = (0.3, 1.5)
LONG_S = (1.5, 5.0)


@dataclass(kw_only=True)
class Scene:
    """One suite behind proxies, and the people of the present round.

    Attributes:
        dice: decides everything that is left to chance.
    """

    suite: RunningSuite
    edges: Edges
    copy: StaleCopy
    stage: Stage
    dice: random.Random

    @property
    def redis_url(self) -> str:
        """As the administrator reaches Redis."""
        return self.suite.state.redis_url

    async def a_while(self, bounds_s: tuple[float, float] = SHORT_S) -> None:
        """Let it be broken for a time that chance chooses."""
        await asyncio.sleep(self.dice.uniform(*bounds_s))


Strike = Callable[[Scene], Awaitable[int]]


@dataclass(frozen=True)
class Fault:
    """One entry of the catalogue.

    Attributes:
        name: what breaks, and how.
        strike: breaks it, and makes it whole again.
        buries: whether entries are dead letters afterwards, because their data are at fault.
    """

    name: str
    strike: Strike
    buries: bool = False

    def __str__(self) -> str:
        return self.name


CATALOGUE: dict[str, Fault] = {}
"""All faults, by name. Filled by the modules beside this one."""


def fault(name: str, *, buries: bool = False) -> Callable[[Strike], Strike]:
    """Put a function into the catalogue."""

    def enter(strike: Strike) -> Strike:
        assert name not in CATALOGUE, name
        CATALOGUE[name] = Fault(name, strike, buries)
        return strike

    return enter
