"""uvicorn as one task among others of a process that stops in its own order."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn


class Server(uvicorn.Server):
    """A server that stops on SIGTERM and SIGINT, and then lets the process go on to its end.

    uvicorn's own way raises the signal again when it has stopped, which ends the process before
    the rest of it could finish what it has accepted.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop serving at the first signal; close without waiting at the second."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for each in signals:
            loop.add_signal_handler(each, self.handle_exit, each, None)
        try:
            yield
        finally:
            for each in signals:
                loop.remove_signal_handler(each)
