"""Work that goes on beside a test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

AGAIN_S = 1.0


@contextlib.asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let something run inside the block; it is cancelled at the end, and its errors are raised."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        # Again and again: a library may take one for the end of some wait of its own, and go on.
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=AGAIN_S)
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def repeating(*deeds: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Let things be done again and again inside the block; what was begun is done to its end.

    An error in one of them ends the block.
    """
    is_over = False

    async def repeat(deed: Callable[[], Awaitable[object]]) -> None:
        while not is_over:
            await deed()

    async with asyncio.TaskGroup() as group:
        for deed in deeds:
            group.create_task(repeat(deed))
        try:
            yield
        finally:
            is_over = True
