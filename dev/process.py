"""Starting one program, keeping it alive, and stopping it in a bounded time.

Every process is a child of ours in a process group of its own: the terminal's Ctrl-C reaches only
us, and we stop the others in the right order.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dev.errors import CannotStart
from dev.leftovers import Ledger
from dev.log import Log
from dev.settings import ROOT

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
FORGIVEN_AFTER_S = 60.0
"""A process that lived this long starts again with the first delay."""
POLL_S = 0.05
HOLD_FOLDER = "hold"
"""Below the run folder: a service with a file of its name in here is not started again."""
HURRY_S = 0.5
"""What is left to a process to end once somebody is in a hurry."""


class StopRequested(Exception):
    """Somebody asked the suite to stop while it was still starting."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom a process runs as, where that is not ourselves. Only root may choose."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process to keep alive.

    Attributes:
        name: what the log calls it; differs between the processes of one service.
        service: what `suite.json` calls it.
        is_ready: asked every 50 ms after the start; may block for a second, must not raise.
        stop_within_s: how long it may take to end before it is killed.
        is_routine: lines of its output that say nothing to a reader, and are left out.
    """

    name: str
    service: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    is_ready: Callable[[], bool]
    internal_port: int | None = None
    account: Account | None = None
    folder: Path = ROOT
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 10.0
    ready_within_s: float = 60.0
    is_routine: Callable[[str], bool] = lambda line: not line


class Backoff:
    """How long to wait before the next start of a process that keeps dying."""

    def __init__(self) -> None:
        self._delay_s = FIRST_DELAY_S

    def after(self, lived_s: float) -> float:
        """Return the seconds to wait, given how long the process lived."""
        if lived_s >= FORGIVEN_AFTER_S:
            self._delay_s = FIRST_DELAY_S
        delay_s = self._delay_s
        self._delay_s = min(delay_s * 2, LONGEST_DELAY_S)
        return delay_s


class Supervised:
    """A program that is started again whenever it dies, until it is stopped."""

    def __init__(
        self, program: Program, *, ledger: Ledger, log: Log, on_change: Callable[[], None]
    ) -> None:
        self.program = program
        self._ledger = ledger
        self._log = log
        self._hold = ledger.run_dir / HOLD_FOLDER / program.service
        self._on_change = on_change
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._renewed = False
        self._keeper: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the live process, or None between a death and the next start."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self, stop: threading.Event) -> None:
        """Start the program and return when it is ready.

        Raises:
            CannotStart: it ended, or is not ready in time.
            StopRequested: ``stop`` was set meanwhile.
        """
        self._spawn()
        self._wait_until_ready(stop)
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def restart(self, number: signal.Signals, *, within_s: float, stop: threading.Event) -> None:
        """End the program, start it again, and return when it is ready.

        Args:
            number: what asks it to end.
            within_s: how long it may take to before it is killed.
            stop: ends the waiting.

        Raises:
            CannotStart: it ended again, or is not ready in time.
            StopRequested: ``stop`` was set meanwhile.
        """
        process = self._process
        if process is not None and process.poll() is None:
            self._renewed = True
            with suppress(ProcessLookupError):
                process.send_signal(number)
            deadline = time.monotonic() + within_s
            while process.poll() is None:
                if stop.wait(POLL_S):
                    raise StopRequested
                if time.monotonic() > deadline:
                    self._log.note(f"{self.program.name} has not ended after {within_s:g} s")
                    process.kill()
                    process.wait()
        while self._process is process:
            if stop.wait(POLL_S):
                raise StopRequested
        self._wait_until_ready(stop)

    def _wait_until_ready(self, stop: threading.Event) -> None:
        deadline = time.monotonic() + self.program.ready_within_s
        while not self.program.is_ready():
            if self.pid is None:
                raise CannotStart(f"{self.program.name} ended at its start; see its lines above.")
            if time.monotonic() > deadline:
                waited = f"{self.program.ready_within_s:.0f} s"
                raise CannotStart(f"{self.program.name} is not ready after {waited}.")
            if stop.wait(POLL_S):
                raise StopRequested

    def stop(self, hurry: threading.Event) -> None:
        """End the process, kindly first; returns when it is gone. Does nothing the second time."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is not None:
            end_process(process, self.program, hurry)
            self._ledger.remove(process.pid)
        if self._keeper is not None:
            self._keeper.join()

    def _spawn(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            self._process = spawn(self.program)
            self._started_s = time.monotonic()
            self._ledger.add(self.program.name, self._process.pid, self.program.stop_signal)
            copy_output(self._process, self.program, self._log)
        self._on_change()

    def _keep(self) -> None:
        backoff = Backoff()
        while self._process is not None:
            end = describe_end(self._process.wait())
            if self._stopping.is_set():
                return
            was_held = self._hold.exists()  # before anybody learns of its end and lets it go on
            self._ledger.remove(self._process.pid)
            self._on_change()
            if self._renewed:
                self._renewed = False
                self._log.note(f"{self.program.name} {end}")
                self._respawn(backoff)
                continue
            if was_held:
                backoff = Backoff()  # ended on purpose: that tells nothing of the next start
            delay_s = backoff.after(time.monotonic() - self._started_s)
            self._log.note(f"{self.program.name} {end}; starts again in {delay_s:g} s")
            if self._stopping.wait(delay_s) or self._held():
                return
            self._respawn(backoff)

    def _held(self) -> bool:
        # True if a stop was requested while somebody held it down.
        while self._hold.exists():
            if self._stopping.wait(POLL_S):
                return True
        return False

    def _respawn(self, backoff: Backoff) -> None:
        # Out of memory or process numbers: the machine's trouble, which may pass.
        while True:
            try:
                return self._spawn()
            except OSError as error:
                delay_s = backoff.after(0)
                self._log.note(f"{self.program.name}: {error}; starts again in {delay_s:g} s")
                if self._stopping.wait(delay_s):
                    return None


def spawn(program: Program) -> "subprocess.Popen[bytes]":
    """Start the program with exactly its environment, without input, its output in a pipe."""
    account = program.account
    return subprocess.Popen(
        program.command,
        cwd=program.folder,
        env=dict(program.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def copy_output(process: "subprocess.Popen[bytes]", program: Program, log: Log) -> threading.Thread:
    """Copy the process's lines to the log, in a thread that ends with its output."""

    def copy() -> None:
        assert process.stdout is not None  # noqa: S101 - we asked for a pipe; this tells mypy
        with process.stdout as output:
            for raw in output:
                line = raw.decode("utf-8", "replace").rstrip()
                if not program.is_routine(line):
                    log.line(program.name, line)

    thread = threading.Thread(target=copy, daemon=True)
    thread.start()
    return thread


def end_process(
    process: "subprocess.Popen[bytes]", program: Program, hurry: threading.Event
) -> None:
    """Ask the process to end, wait as long as it may take, then kill its whole group."""
    with suppress(ProcessLookupError):
        process.send_signal(program.stop_signal)
        process.send_signal(signal.SIGCONT)  # a paused process would never hear the first
    deadline = time.monotonic() + program.stop_within_s
    while process.poll() is None:
        now = time.monotonic()
        if hurry.is_set():
            deadline = min(deadline, now + HURRY_S)
        if now > deadline:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(POLL_S)


def describe_end(status: int) -> str:
    """Say in words how a process ended."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by signal {-status} ({signal.strsignal(-status)})"
