"""Looking at many things at once, each for a bounded time, whatever it does.

A look that fails, or does not end, is a finding like others: nobody who runs the doctor gets a traceback.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from libs.common.doctor.checks import Check, Finding

WITHIN_S = 2.0
"""How long one look may take."""


@dataclass(frozen=True, slots=True)
class Look:
    """Something to look at.

    Attributes:
        check: what is told where it fails.
        about: likewise.
        run: looks, and says what was found.
        within_s: how long that may take.
    """

    check: Check
    about: str
    run: Callable[[], Awaitable[Iterable[Finding]]]
    within_s: float = WITHIN_S


async def all_of(looks: Sequence[Look]) -> list[Finding]:
    """Look at all of it at once; what was found comes in the order of the looks."""
    found = await asyncio.gather(*map(_bounded, looks))
    return [finding for findings in found for finding in findings]


async def _bounded(look: Look) -> list[Finding]:
    task = asyncio.ensure_future(_run(look))
    await asyncio.wait({task}, timeout=look.within_s)
    if not task.done():
        task.cancel()
        return [
            look.check.wrong(
                look.about,
                f"There was no answer within {look.within_s:g} s.",
                "See whether it hangs, or whether somebody on the way drops packets.",
            )
        ]
    error = task.exception()
    if error is not None:
        return [
            look.check.look(
                look.about,
                f"The doctor stumbled: {type(error).__name__}.",
                "That is a mistake in the doctor: look by hand, and tell the maintainers.",
            )
        ]
    return task.result()


async def _run(look: Look) -> list[Finding]:
    return list(await look.run())
