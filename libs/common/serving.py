"""uvicorn as one task among others of a process that stops in its own order."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator

import uvicorn


class Server(uvicorn.Server):
    """A server that stops on SIGTERM and SIGINT, and then lets the process go on to its end.

    uvicorn's own way raises the signal again when it has stopped, which ends the process before
    the rest of it could finish what it has accepted.

    Args:
        before_stop: awaited at the first signal, while connections are still served.
    """

    def __init__(self, config: uvicorn.Config, *, before_stop: Callable[[], Awaitable[None]]):
        super().__init__(config)
        self._before_stop = before_stop
        self._stopping: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop serving at the first signal; close without waiting at the second."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for each in signals:
            loop.add_signal_handler(each, self.stop)
        try:
            yield
        finally:
            for each in signals:
                loop.remove_signal_handler(each)

    def stop(self) -> None:
        """Begin to stop; the second time, hurry."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name="stopping")
        else:
            self.should_exit = self.force_exit = True

    async def _stop(self) -> None:
        try:
            await self._before_stop()
        finally:
            self.should_exit = True
