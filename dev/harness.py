"""The real suite for tests: started as its own process, and broken on purpose.

A suite is `python -m dev up` on free ports in a folder of its own; it ends with the process that
started it, whatever happens to that. What is killed comes back by itself; what is stopped stays
down until it is started again.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import psutil

from dev import postgres, valkey
from dev.extra_chat import ExtraChat
from dev.gateway import http_status
from dev.process import HOLD_FOLDER
from dev.settings import ROOT, Settings, environment
from dev.state import ProcessState, SuiteState, read_state, written_at
from dev.suite import READY
from dev.up import reset

LOG_FILE = "suite.log"
START_WITHIN_S = 120.0
STOP_WITHIN_S = 60.0
READY_WITHIN_S = 60.0
LOOK_S = 0.02
TAIL_CHARS = 4_000
UNLIMITED = dict.fromkeys(
    (
        *("MESSAGES_PER_S", "MESSAGES_BURST", "USER_MESSAGES_PER_S", "USER_MESSAGES_BURST"),
        *("TYPING_PER_S", "TYPING_BURST", "RECEIPTS_PER_S", "RECEIPTS_BURST"),
        *("FRAMES_PER_S", "FRAMES_BURST", "USER_REQUESTS_PER_S", "USER_REQUESTS_BURST"),
        *("FRAME_BYTES_PER_S", "FRAME_BYTES_BURST"),
        *("USER_CONNECTIONS", "ADDRESS_HANDSHAKES_PER_S", "ADDRESS_HANDSHAKES_BURST"),
    ),
    "1000000000",
)
"""For tests and loads in which one person, or one address, does what many would."""
SIGNALS = {postgres.NAME: signal.SIGQUIT, "chat": signal.SIGINT}
"""What ends a service at once where SIGTERM would wait for its clients, or lead them elsewhere."""


def wait_until(
    condition: Callable[[], bool], *, within_s: float = READY_WITHIN_S, what: str
) -> None:
    """Return as soon as the condition holds.

    Raises:
        TimeoutError: it does not in time; the message says ``what`` was waited for.
    """
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {within_s:g} s still waiting: {what}")
        time.sleep(LOOK_S)


class RunningSuite:
    """A suite that is up. Make one with ``start``; end it with ``stop``."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", run_dir: Path, *, chat_processes: int
    ) -> None:
        self.run_dir = run_dir
        self._process = process
        self._expected = {"chat": chat_processes}
        self._extras: list[ExtraChat] = []

    @classmethod
    def start(
        cls,
        run_dir: Path,
        *,
        chat_processes: int = 1,
        env: Mapping[str, str] | None = None,
        module: str = "dev",
    ) -> Self:
        """Start a suite and return when it is ready.

        Args:
            run_dir: its folder; data that are there already are used.
            chat_processes: how many processes of chat.
            env: variables for it and its services, beside the inherited ones.
            module: what to run instead of `dev`, with the same verbs.

        Raises:
            RuntimeError: it did not come up; the message holds the end of its log.
        """
        run_dir.mkdir(parents=True, exist_ok=True)
        own = {
            "PORT": "0",
            "RUN_DIR": str(run_dir),
            "CHAT_PROCESSES": str(chat_processes),
            **(env or {}),
        }
        stale = written_at(run_dir)
        with (run_dir / LOG_FILE).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, "up", "--with-parent"],
                cwd=ROOT,
                env={**environment(), **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        suite = cls(process, run_dir, chat_processes=chat_processes)
        suite._wait_until_up(stale=stale)
        return suite

    def _wait_until_up(self, *, stale: int | None) -> None:
        def is_up() -> bool:
            return self._process.poll() is not None or written_at(self.run_dir) not in (None, stale)

        wait_until(is_up, within_s=START_WITHIN_S, what="the suite to come up")
        if self._process.poll() is not None:
            raise RuntimeError(f"the suite did not come up:\n{self.log[-TAIL_CHARS:]}")

    @property
    def pid(self) -> int:
        """The pid of the suite's own process, the parent of all others."""
        return self._process.pid

    @property
    def state(self) -> SuiteState:
        """What `suite.json` says now.

        Raises:
            RuntimeError: the suite is not up (any more).
        """
        state = read_state(self.run_dir)
        if state is None:
            raise RuntimeError(f"the suite is not up:\n{self.log[-TAIL_CHARS:]}")
        return state

    @property
    def log(self) -> str:
        """Everything that the suite and its services wrote so far."""
        return (self.run_dir / LOG_FILE).read_text(encoding="utf-8", errors="replace")

    def process(self, service: str, *, index: int = 0) -> ProcessState:
        """Return one live process of a service, waiting for it where it is just coming back.

        Raises:
            TimeoutError: there is none.
        """
        wait_until(lambda: len(self.state.of(service)) > index, what=f"a process of {service}")
        return self.state.of(service)[index]

    def kill(self, service: str, *, index: int = 0) -> int:
        """Kill one process (SIGKILL); it is started again. Returns the pid that was killed."""
        pid = self.process(service, index=index).pid
        os.kill(pid, signal.SIGKILL)
        self.wait_until_gone(service, pid)
        return pid

    def stop_service(self, service: str, *, with_signal: signal.Signals | None = None) -> None:
        """End all processes of a service and keep them down until ``start_service``.

        Args:
            service: which.
            with_signal: how; by default as the suite itself would.
        """
        number = with_signal or SIGNALS.get(service, signal.SIGTERM)
        hold = self.run_dir / HOLD_FOLDER
        hold.mkdir(exist_ok=True)
        (hold / service).touch()
        for process in self.state.of(service):
            os.kill(process.pid, number)
            self.wait_until_gone(service, process.pid)

    def start_service(self, service: str) -> None:
        """Let a stopped service come back; return when it answers."""
        (self.run_dir / HOLD_FOLDER / service).unlink(missing_ok=True)
        self.wait_until_ready(service)

    def pause(self, service: str) -> None:
        """Hang all processes of a service (SIGSTOP): connections stay open, nothing answers.

        Those that they started hang, too: PostgreSQL serves each connection from one of them.
        """
        for process in self.state.of(service):
            _signal_family(process.pid, signal.SIGSTOP)

    def resume(self, service: str) -> None:
        """Let a paused service go on (SIGCONT)."""
        for process in self.state.of(service):
            _signal_family(process.pid, signal.SIGCONT)

    @contextmanager
    def stopped(self, service: str) -> Iterator[None]:
        """Keep a service down inside the block; it answers again after it."""
        self.stop_service(service)
        try:
            yield
        finally:
            self.start_service(service)

    @contextmanager
    def paused(self, service: str) -> Iterator[None]:
        """Hang a service inside the block."""
        self.pause(service)
        try:
            yield
        finally:
            self.resume(service)

    def wait_until_ready(self, service: str) -> None:
        """Return when all processes of a service are alive and answer.

        Raises:
            TimeoutError: not within 60 s.
        """
        wait_until(lambda: self._is_ready(service), what=f"{service} to answer")

    def start_extra_chat(self, port: int = 0) -> ExtraChat:
        """Start one more chat process beside the suite's own; it ends with the suite.

        Args:
            port: its public port; 0 takes a free one.
        """
        extra = ExtraChat.start(self.run_dir, self.state, port=port, log=self.run_dir / LOG_FILE)
        self._extras.append(extra)
        wait_until(extra.is_ready, what="the extra chat to be ready")
        return extra

    def stop(self, *, with_signal: signal.Signals = signal.SIGINT, forget: bool = True) -> int:
        """End everything; return the suite's exit status (0 when it stopped as asked).

        Args:
            with_signal: SIGINT or SIGTERM.
            forget: also remove its data, wherever they are; the log stays.
        """
        for extra in self._extras:
            extra.kill()
        self._process.send_signal(with_signal)
        status = self._process.wait(timeout=STOP_WITHIN_S)
        if forget:
            reset(Settings(run_dir=self.run_dir))
        return status

    def restart_chat(self) -> None:
        """Ask for a rolling restart of chat, and return at once."""
        self._process.send_signal(signal.SIGHUP)

    def kill_itself(self) -> None:
        """Kill the suite's own process (SIGKILL); what it started lives on as leftovers."""
        self._process.kill()
        self._process.wait()

    def _is_ready(self, service: str) -> bool:
        state = self.state
        processes = state.of(service)
        if service == postgres.NAME:
            return all(postgres.answers(url) for url in state.database_urls.values())
        if service == valkey.SERVICE:
            return valkey.answers(state.redis_url)
        expected = self._expected.get(service, 1)
        return len(processes) == expected and all(_answers(process) for process in processes)

    def wait_until_gone(self, service: str, pid: int) -> None:
        """Return when a process has ended; perhaps another one has taken its place already."""
        wait_until(
            lambda: all(process.pid != pid for process in self.state.of(service)),
            what=f"{service} ({pid}) to be gone",
        )


def _signal_family(pid: int, number: signal.Signals) -> None:
    # The parent first: one that is stopped starts no child that would be missed below.
    parent = psutil.Process(pid)
    parent.send_signal(number)
    for child in parent.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.send_signal(number)


def _answers(process: ProcessState) -> bool:
    if process.internal_port is None:
        return http_status(process.port, "/healthz") is not None
    return http_status(process.internal_port, "/readyz") == READY
