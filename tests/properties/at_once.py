"""Examples that wait for seconds of the real suite: drawn one by one, lived through all at once.

Hypothesis draws them as always, and so many. What fails is told with its example; it is not made
smaller, because the others that ran beside it belong to it.
"""

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy

from tests.background import in_background
from tests.integration import waiting
from tests.integration.chat.world import World

EXAMPLES = 100
"""As many as each property has to have at least."""

until = functools.partial(waiting.until, look_s=0.05)
"""Wait as one of many does."""

T = TypeVar("T")


def play_at_once(
    loop: asyncio.Runner,
    examples: SearchStrategy[T],
    play: Callable[[T], Awaitable[None]],
    *,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Play ``EXAMPLES`` drawn examples at the same time.

    Args:
        loop: in which.
        examples: to draw from.
        play: plays one.
        beside: what goes on meanwhile.

    Raises:
        ExceptionGroup: what examples failed of.
    """
    # Drawing takes a while, in which the loop stands still: nothing may wait in it yet.
    drawn = drawn_from(examples)
    loop.run(_play_all(drawn, play, beside or _nothing))


async def until_queue_knows(world: World, rooms: Sequence[str], *, members: int) -> None:
    """Wait until the queue service has heard of rooms, and of so many members of all of them."""
    sql = "select count(*) from member where room_id = any(%s::uuid[])"
    await until(
        lambda: world.rows_of("queue", sql, rooms) == [(members,)],
        what="the queue to know of the rooms",
    )


def drawn_from(examples: SearchStrategy[T]) -> list[T]:
    """Draw ``EXAMPLES`` examples, each another one."""
    drawn: list[T] = []

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate])
    @given(examples)
    def draw(example: T) -> None:
        drawn.append(example)

    draw()
    assert len(drawn) >= EXAMPLES, "there are not so many"
    return drawn


async def _nothing() -> None:
    pass


async def _play_all(
    drawn: list[T],
    play: Callable[[T], Awaitable[None]],
    beside: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    async with in_background(beside()):
        ended = await asyncio.gather(*map(play, drawn), return_exceptions=True)
    failures = []
    for example, end in zip(drawn, ended, strict=True):
        if isinstance(end, Exception):
            end.add_note(f"example: {example!r}")
            failures.append(end)
        elif end is not None:
            raise end
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(drawn)} examples", failures)


@contextlib.contextmanager
def held_open(loop: asyncio.Runner, context: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Keep something open in the loop for the tests of a module."""
    given_to_tests = loop.run(_entered(context))
    try:
        yield given_to_tests
    finally:
        loop.run(_left(context))


async def _entered(context: AbstractAsyncContextManager[T]) -> T:
    return await context.__aenter__()


async def _left(context: AbstractAsyncContextManager[T]) -> None:
    await context.__aexit__(None, None, None)
