"""Tasks that somebody started and nobody awaits: kept alive, and their bugs told."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

CANCEL_AGAIN_S = 1.0
"""Python 3.11 can lose a cancellation that meets the end of a wait: it is said again."""

log = structlog.get_logger(__name__)


class TaskSet:
    """Holds on to running tasks; asyncio itself only holds them weakly."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], *, name: str | None = None) -> None:
        """Run ``work`` in a task of its own; an exception that it raises is logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def spawn_forever(
        self, work: Coroutine[Any, Any, None], *, name: str, on_end: Callable[[], None]
    ) -> None:
        """Run ``work``, which should end only when cancelled; otherwise ``on_end`` is called."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._forget(task)
            if not task.cancelled():
                log.critical("task_ended", task=name)
                on_end()

        task.add_done_callback(ended)

    async def stop(self) -> None:
        """Cancel what still runs, and wait until all of it has ended."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(set(self._tasks), timeout=CANCEL_AGAIN_S)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task_failed", task=task.get_name(), exc_info=task.exception())
