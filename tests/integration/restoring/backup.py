"""What docs/back-up-and-restore.md has an operator do, on a suite that runs here."""

import subprocess
from collections.abc import Collection
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from redis import Redis

from dev import postgres
from dev.harness import RunningSuite
from dev.keys import load_secrets
from dev.manage import manage
from dev.process import HOLD_FOLDER
from dev.services import SERVICES
from dev.wheels import package_folder

ORDER = ("receipts", "queue", "presence", "chat")
"""Chat last: it can tell the others what they lack, and nobody can tell chat."""
PROGRAMS = package_folder(postgres.PACKAGE) / "pginstall" / "bin"
MIGRATE = ("migrate", "--no-input", "--verbosity=0")


class Backup:
    """Dumps of the databases of a suite, in a folder."""

    def __init__(self, suite: RunningSuite, folder: Path) -> None:
        self._suite = suite
        self._folder = folder
        password = load_secrets(suite.run_dir).postgres_password
        port = urlsplit(suite.state.database_urls["chat"]).port or 0
        self._superuser = postgres.url(postgres.SUPERUSER, password, port, "postgres")

    def make(self) -> None:
        """Dump all databases, while everything runs."""
        for name in ORDER:
            url = self._superuser.removesuffix("/postgres") + f"/parley_{name}"
            self._run("pg_dump", "--format=custom", f"--file={self._dump(name)}", url)

    def restore(self, names: Collection[str], *, anew: Collection[str] = ()) -> None:
        """Set databases back, and make others anew; then all begin again.

        Args:
            names: of services.
            anew: of those whose database begins empty.
        """
        with self._at_rest():
            for name in names:
                again = ("--clean", "--create", "--if-exists", f"--dbname={self._superuser}")
                self._run("pg_restore", *again, self._dump(name))
            for name in anew:
                self._execute(self._superuser, f"drop database parley_{name}")
                self._execute(self._superuser, f"create database parley_{name} owner parley_{name}")
            for service in SERVICES:
                assert manage(self._suite.run_dir, service, MIGRATE) == 0
            for name in ("chat", "receipts"):
                self._execute(self._suite.state.database_urls[name], "delete from safe_point")
            with Redis.from_url(self._suite.state.redis_url) as redis:
                redis.flushall()

    @contextmanager
    def _at_rest(self):
        for service in SERVICES:
            self._suite.stop_service(service.name)
        yield
        for service in SERVICES:
            (self._suite.run_dir / HOLD_FOLDER / service.name).unlink()
        for service in SERVICES:
            self._suite.wait_until_ready(service.name)

    def _dump(self, name: str) -> str:
        return str(self._folder / f"{name}.dump")

    def _execute(self, url: str, statement: str) -> None:
        with closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [PROGRAMS / program, *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
