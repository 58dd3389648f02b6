"""Waiting for a condition, with a deadline."""

import asyncio
import time
from collections.abc import Callable

LOOK_S = 0.005
RESTS = 4
"""How many times as long as it looked it rests: a look that asks a database keeps nobody busy."""
WITHIN_S = 15.0


async def until(
    condition: Callable[[], object],
    *,
    what: str | Callable[[], str] = "a condition to hold",
    within_s: float = WITHIN_S,
    look_s: float = LOOK_S,
) -> None:
    """Return as soon as the condition holds; fail the test when it does not in time.

    Args:
        condition: is looked at, less often where looking takes long.
        what: is waited for; where it is a function, it is asked at the end.
        within_s: generous, so that a slow machine fails no test.
        look_s: pause between two looks at least; more where many wait at the same time.
    """
    try:
        async with asyncio.timeout(within_s):
            while True:
                began_s = time.monotonic()
                if condition():
                    return
                await asyncio.sleep(max(look_s, RESTS * (time.monotonic() - began_s)))
    except TimeoutError:
        text = what if isinstance(what, str) else what()
        raise AssertionError(f"after {within_s:g} s still waiting: {text}") from None
