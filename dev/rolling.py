"""The rolling restart: one process of a service after the other, while the rest serve.

Each is drained: it sends its clients to the others, bit by bit, and ends. Where there is no other
it is stopped at once: its clients had nowhere to go, and would only be kept out for longer.
"""

import signal
import threading
from collections.abc import Sequence

from dev.errors import CannotStart
from dev.gateway import HEALTH_EVERY_S
from dev.log import Log
from dev.process import StopRequested, Supervised

KNOWN_AGAIN_S = 2.0 * HEALTH_EVERY_S
"""How long the gateway may take to notice that a process is ready."""


class RollingRestart:
    """Restarts processes on request; one run at a time.

    Args:
        stop: set when the suite is to stop, which ends a run as well.
        drain_within_s: how long a process may take to end before it is killed.
    """

    def __init__(self, *, stop: threading.Event, drain_within_s: float, log: Log) -> None:
        self._stop = stop
        self._drain_within_s = drain_within_s
        self._log = log
        self._thread: threading.Thread | None = None

    def begin(self, processes: Sequence[Supervised]) -> None:
        """Restart these, one after the other, in a thread; not while it restarts others."""
        if self._thread is not None and self._thread.is_alive():
            self._log.note("restarting already")
            return
        self._thread = threading.Thread(target=self._run, args=(processes,))
        self._thread.start()

    def join(self) -> None:
        """Return when nothing is being restarted; at once where the suite is to stop."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, processes: Sequence[Supervised]) -> None:
        number, clients = signal.SIGTERM, "go to the others"
        if len(processes) == 1:
            number, clients = signal.SIGINT, "wait for it"
        try:
            for process in processes:
                name = process.program.name
                self._log.note(f"{name} restarts; its clients {clients}")
                process.restart(number, within_s=self._drain_within_s, stop=self._stop)
                if self._stop.wait(KNOWN_AGAIN_S):
                    return
                self._log.note(f"{name} is back")
            self._log.note("everything is restarted")
        except StopRequested:
            self._log.note("restarting no more: stopping")
        except CannotStart as error:
            self._log.note(f"restarting no more: {error}")
