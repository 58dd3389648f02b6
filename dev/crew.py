"""All processes of one run: started floor by floor, stopped from the top floor down.

Programs of one floor start and stop together; a floor stands on those that were started before.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from dev.leftovers import Ledger
from dev.log import Log
from dev.process import (
    POLL_S,
    Program,
    StopRequested,
    Supervised,
    copy_output,
    end_process,
    spawn,
)
from dev.state import ProcessState


class Crew:
    """Starts, watches and stops processes; what it starts is recorded in the run folder."""

    def __init__(self, run_dir: Path, *, log: Log, on_change: Callable[[], None]) -> None:
        self.stopping = threading.Event()
        self.hurrying = threading.Event()
        self._log = log
        self._on_change = on_change
        self._ledger = Ledger(run_dir)
        self._floors: list[list[Supervised]] = []

    def start_floor(self, programs: Sequence[Program]) -> None:
        """Start the programs together; return when all of them are ready.

        Raises:
            CannotStart: one did not come up. The others of the floor may be up.
            StopRequested: a stop was requested meanwhile.
        """
        floor = [
            Supervised(program, ledger=self._ledger, log=self._log, on_change=self._on_change)
            for program in programs
        ]
        self._floors.append(floor)
        self.together([partial(one.start, self.stopping) for one in floor])

    def run_once(self, program: Program) -> int:
        """Run a program to its end; return its status.

        Raises:
            StopRequested: a stop was requested meanwhile; the program is ended.
        """
        process = spawn(program)
        self._ledger.add(program.name, process.pid, program.stop_signal)
        output = copy_output(process, program, self._log)
        while (status := process.poll()) is None:
            if self.stopping.wait(POLL_S):
                end_process(process, program, self.hurrying)
        output.join(timeout=1)
        self._ledger.remove(process.pid)
        if self.stopping.is_set():
            raise StopRequested
        return status

    def together(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run the tasks side by side and wait for all; raises what the first failing one did."""
        if not tasks:
            return
        with ThreadPoolExecutor(len(tasks)) as threads:
            futures = [threads.submit(task) for task in tasks]
        for future in futures:
            future.result()

    def take_down(self) -> None:
        """Stop every floor, the last started first; each process has a bounded time."""
        self.stopping.set()
        for floor in reversed(self._floors):
            self.together([partial(one.stop, self.hurrying) for one in floor])

    def of(self, service: str) -> Sequence[Supervised]:
        """Return what keeps the processes of a service alive."""
        return [one for floor in self._floors for one in floor if one.program.service == service]

    def living(self) -> list[ProcessState]:
        """Return what runs at this moment."""
        return [
            ProcessState(
                service=one.program.service,
                pid=pid,
                port=one.program.port,
                internal_port=one.program.internal_port,
            )
            for floor in self._floors
            for one in floor
            if (pid := one.pid) is not None
        ]
