"""uvicorn as one task among others of a process that stops in its own order.

``Stopping`` is what every server of ours does about signals; daphne's is in ``serving_daphne``.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

import structlog
import uvicorn

from libs.common.patient_server import PatientServer

log = structlog.get_logger(__name__)


class Server(Protocol):
    """What a process needs of the server that serves it."""

    async def serve(self) -> None:
        """Serve until it is stopped; all connections are closed then.

        Raises:
            SystemExit: the port cannot be had.
        """
        ...

    def stop(self) -> None:
        """Begin to stop; the second time, hurry."""
        ...


class Stopping:
    """The way to an orderly end, at SIGTERM, SIGINT or when the process asks for it.

    SIGTERM is what a platform sends, and lets clients be led elsewhere first. SIGINT is somebody
    at a keyboard, who does not want to wait for that. Each further signal skips one step.

    Args:
        drain: awaited at SIGTERM, and cancelled where somebody will not wait; None where nobody
            has to be led elsewhere.
        before_stop: awaited then, while connections are still served.
        close: called afterwards: take no more connections, and close those that are open.
        hurry: called at every further signal: close without waiting for anybody.
    """

    def __init__(
        self,
        *,
        drain: Callable[[], Awaitable[None]] | None = None,
        before_stop: Callable[[], Awaitable[None]],
        close: Callable[[], None],
        hurry: Callable[[], None],
    ) -> None:
        self._drain = drain
        self._before_stop = before_stop
        self._close = close
        self._hurry = hurry
        self._draining: asyncio.Future[None] | None = None
        self._stopping: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Heed SIGTERM and SIGINT inside the block."""
        loop = asyncio.get_running_loop()
        heeded = {signal.SIGTERM: self.terminate, signal.SIGINT: self.stop}
        for number, heed in heeded.items():
            loop.add_signal_handler(number, heed)
        try:
            yield
        finally:
            for number in heeded:
                loop.remove_signal_handler(number)

    def terminate(self) -> None:
        """Begin to drain, and stop then; the second time, as ``stop``."""
        if self._stopping is None and self._drain is not None:
            self._draining = asyncio.ensure_future(self._drain())
        self.stop()

    def stop(self) -> None:
        """Begin to stop; while it drains, no longer; the next time, hurry."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name="stopping")
        elif self._draining is not None and not self._draining.done():
            self._draining.cancel()
        else:
            self._hurry()

    async def _stop(self) -> None:
        try:
            if self._draining is not None:
                await self._drained(self._draining)
            await self._before_stop()
        finally:
            self._close()

    async def _drained(self, draining: "asyncio.Future[None]") -> None:
        await asyncio.wait([draining])
        if not draining.cancelled() and (bug := draining.exception()) is not None:
            log.error("drain_bug", exc_info=bug)


class UvicornServer(PatientServer):
    """uvicorn that stops on SIGTERM and SIGINT, and then lets the process go on to its end.

    uvicorn's own way raises the signal again when it has stopped, which ends the process before
    the rest of it could finish what it has accepted.

    Args:
        drain, before_stop: see ``Stopping``.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain: Callable[[], Awaitable[None]] | None = None,
        before_stop: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(config)
        self._way_out = Stopping(
            drain=drain, before_stop=before_stop, close=self._close, hurry=self._hurry
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop as ``Stopping`` does about signals."""
        log.info("serving", server="uvicorn", port=self.config.port)
        with self._way_out.signals():
            yield

    def stop(self) -> None:
        """Begin to stop; the second time, hurry."""
        self._way_out.stop()

    def _close(self) -> None:
        self.should_exit = True

    def _hurry(self) -> None:
        self.should_exit = self.force_exit = True
