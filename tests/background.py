"""Work that goes on beside a test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
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
