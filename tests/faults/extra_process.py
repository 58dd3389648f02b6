"""One process of a service beside a suite's own, which nothing starts again."""

import platform
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from dev.gateway import http_status
from dev.harness import RunningSuite, wait_until
from dev.manage import surroundings_of
from dev.ports import free_port
from dev.services import SERVICES, service_environment
from dev.settings import ROOT

READY = 200
STOP_WITHIN_S = 60.0


class ExtraProcess:
    """A process on a suite's data that the gateway does not know. The same port, the same name."""

    def __init__(self, suite: RunningSuite, service: str, *, code: Path = ROOT) -> None:
        """Choose its ports.

        Args:
            suite: whose data it works on.
            service: by its name.
            code: the folder of a whole project; by default this one.
        """
        self._suite = suite
        self._code = code
        self.service = next(each for each in SERVICES if each.name == service)
        self._port = free_port()
        self._internal_port = free_port(avoid={self._port})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Begin, or begin again; return when it is ready."""
        around = surroundings_of(self._suite.run_dir, self._suite.state)
        with (self._suite.run_dir / "suite.log").open("ab") as lines:
            self._process = subprocess.Popen(
                self.service.command(),
                cwd=self._code,
                env=service_environment(
                    self.service, around, port=self._port, internal_port=self._internal_port
                ),
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
            )
        wait_until(
            lambda: http_status(self._internal_port, "/readyz") == READY,
            what=f"the extra {self.service.name} to be ready",
        )
        return self

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def consumer(self) -> str:
        """By which name it reads the streams of others."""
        return f"{platform.node()}:{self._port}"

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Hang it (SIGSTOP) inside the block: connections stay open, nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once (SIGKILL); does nothing the second time."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """Ask it to end (SIGTERM); return its exit status.

        Raises:
            subprocess.TimeoutExpired: it does not end.
        """
        assert self._process is not None
        self._process.terminate()
        status = self._process.wait(timeout=STOP_WITHIN_S)
        self._process = None
        return status
