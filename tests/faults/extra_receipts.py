"""One process of receipts beside a suite's own, which nothing starts again."""

import subprocess
from typing import Self

from dev.gateway import http_status
from dev.harness import RunningSuite, wait_until
from dev.manage import surroundings_of
from dev.ports import free_port
from dev.services import SERVICES, service_environment
from dev.settings import ROOT

READY = 200
STOP_WITHIN_S = 60.0
RECEIPTS = next(service for service in SERVICES if service.name == "receipts")


class ExtraReceipts:
    """A process on a suite's data that the gateway does not know. The same port, the same name."""

    def __init__(self, suite: RunningSuite) -> None:
        self._suite = suite
        self._port = free_port()
        self._internal_port = free_port(avoid={self._port})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Begin, or begin again; return when it is ready."""
        around = surroundings_of(self._suite.run_dir, self._suite.state)
        with (self._suite.run_dir / "suite.log").open("ab") as lines:
            self._process = subprocess.Popen(
                RECEIPTS.command(),
                cwd=ROOT,
                env=service_environment(
                    RECEIPTS, around, port=self._port, internal_port=self._internal_port
                ),
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
            )
        wait_until(
            lambda: http_status(self._internal_port, "/readyz") == READY,
            what="the extra receipts to be ready",
        )
        return self

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
