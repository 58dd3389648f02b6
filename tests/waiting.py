"""Waiting for a condition, with a deadline."""

import asyncio
from collections.abc import Callable

LOOK_S = 0.005
WITHIN_S = 15.0


async def until(
    condition: Callable[[], object],
    *,
    what: str | Callable[[], str] = "a condition to hold",
    within_s: float = WITHIN_S,
) -> None:
    """Return as soon as the condition holds; fail the test when it does not in time.

    Args:
        condition: looked at every 5 ms.
        what: is waited for; where it is a function, it is asked at the end.
        within_s: generous, so that a slow machine fails no test.
    """
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        text = what if isinstance(what, str) else what()
        raise AssertionError(f"after {within_s:g} s still waiting: {text}") from None
