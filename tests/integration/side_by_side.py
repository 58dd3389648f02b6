"""Tests that wait more than they do: those of a module that are marked so run at the same time.

The first of them that is run runs all that were chosen, in one event loop, and each ends as it did
there. So they have nothing but the shared world, in which each makes people of its own; none stops
anything, or counts what all of them do.
"""

import asyncio
from typing import Any

import pytest

MARKER = "side_by_side"
OUTCOMES = pytest.StashKey[dict[str, BaseException | None]]()
"""How those of a module have ended that were not reported yet, by the id of the test."""


def end_as_it_did(item: pytest.Function) -> None:
    """End a test as it has ended, or does now, side by side with the others.

    Raises:
        BaseException: what the test raised.
    """
    module = item.getparent(pytest.Module)
    assert module is not None
    outcomes = module.stash.setdefault(OUTCOMES, {})
    if item.nodeid not in outcomes:
        outcomes.update(asyncio.run(_run_all(item, module)))
    if (raised := outcomes.pop(item.nodeid)) is not None:
        raise raised


async def _run_all(
    first: pytest.Function, module: pytest.Module
) -> dict[str, BaseException | None]:
    """Run a test and those of its module that come after it; return how each has ended."""
    world = first.funcargs["world"]
    chosen = [
        item
        for item in first.session.items[first.session.items.index(first) :]
        if isinstance(item, pytest.Function)
        and item.getparent(pytest.Module) is module
        and item.get_closest_marker(MARKER)
    ]
    ended = await asyncio.gather(*(_run(item, world) for item in chosen), return_exceptions=True)
    return {item.nodeid: raised for item, raised in zip(chosen, ended, strict=True)}


async def _run(item: pytest.Function, world: Any) -> None:
    given = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    test = getattr(item.module, item.originalname)
    await test(world=world, **given)
