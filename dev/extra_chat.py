"""One chat process beside a running suite, for tests of what several of them do together."""

import signal
import subprocess
from pathlib import Path
from typing import Self

from dev.gateway import http_status
from dev.manage import surroundings_of
from dev.ports import free_port
from dev.services import SERVICES, origins_of, service_environment
from dev.settings import ROOT
from dev.state import SuiteState
from dev.suite import READY

STOP_WITHIN_S = 60.0


class ExtraChat:
    """A chat process on a suite's data that the gateway does not know and nothing starts again."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, internal_port: int) -> None:
        self.port = port
        self.internal_port = internal_port
        self._process = process

    @classmethod
    def start(cls, run_dir: Path, state: SuiteState, *, port: int, log: Path) -> Self:
        """Start one with the suite's secrets; it may not be ready yet.

        Args:
            run_dir: the suite's folder.
            state: where the suite's servers are.
            port: its public port; 0 takes a free one.
            log: where its lines go.
        """
        chat = next(service for service in SERVICES if service.name == "chat")
        public, internal = port or free_port(), free_port(avoid={port})
        around = surroundings_of(run_dir, state)
        with log.open("ab") as lines:
            process = subprocess.Popen(
                chat.command(),
                cwd=ROOT,
                env=service_environment(chat, around, port=public, internal_port=internal),
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
            )
        return cls(process, public, internal)

    @property
    def url(self) -> str:
        """Where it answers, without the gateway."""
        return origins_of(self.port)[0]

    @property
    def pid(self) -> int:
        """Its pid."""
        return self._process.pid

    def is_ready(self) -> bool:
        """Say whether it serves.

        Raises:
            RuntimeError: it has ended.
        """
        status = self._process.poll()
        if status is not None:
            raise RuntimeError(f"the extra chat ended with status {status}; see the suite's log")
        return http_status(self.internal_port, "/readyz") == READY

    def kill(self) -> None:
        """End it at once (SIGKILL); does nothing the second time."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end at once (SIGINT); return its exit status."""
        self.send_signal(signal.SIGINT)
        return self.wait()

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, and do not wait for what comes of it."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Return its exit status when it has ended."""
        return self._process.wait(timeout=STOP_WITHIN_S)
