"""Migrates databases of one service by its own settings, one after the other in one process.

A process for each would be the same, and wait a second for Django each time. It reads lines: the
name of a database, and the arguments of Django's ``migrate``; it answers each with ``done``.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.core.management import call_command
from django.db import connection

from dev.services import UNUSED_SURROUNDINGS, Service
from dev.settings import ROOT, environment

DONE = "done"


class Migrator:
    """The other end: a service's process that migrates what it is told."""

    def __init__(self, service: Service, process: "subprocess.Popen[str]") -> None:
        self.service = service
        self._process = process

    def migrate(self, database: str, *arguments: str) -> None:
        """Return when the database is migrated.

        Raises:
            RuntimeError: it failed; the message is the traceback.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join([database, *arguments]) + "\n")
        self._process.stdin.flush()
        if self._process.stdout.readline().strip() != DONE:
            raise RuntimeError(self._process.communicate()[1])


@contextmanager
def migrator_of(service: Service, database_url: str) -> Iterator[Migrator]:
    """Give a migrator for databases of the server that the URL names."""
    settings = {"DJANGO_SETTINGS_MODULE": f"{service.module}.settings"}
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env={**environment(), **UNUSED_SURROUNDINGS, **settings, "DATABASE_URL": database_url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Migrator(service, process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Serve the lines of standard input."""
    django.setup()
    for line in sys.stdin:
        database, *arguments = line.split()
        connection.settings_dict["NAME"] = database
        call_command("migrate", *arguments, interactive=False, verbosity=0)
        connection.close()  # or the database could not be copied
        sys.stdout.write(f"{DONE}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
