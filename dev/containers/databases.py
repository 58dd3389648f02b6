"""``python -m dev.containers.databases``: each service's role and database, and its migrations.

Runs once, before the services of a new version, and may run again at any time: what is there stays,
passwords are set anew. It reads ``POSTGRES_URL``, a superuser's, and ``<SERVICE>_DATABASE_URL``, or the
files that these names with ``_FILE`` behind them name. A URL says which role and database to make.
"""

import subprocess
import sys
from collections.abc import Mapping

import psycopg2

from dev.databases import make_own
from dev.services import SERVICES, UNUSED_SURROUNDINGS
from dev.settings import ROOT, environment
from libs.common.config import EX_CONFIG, NotReadable, from_files, told

SUPERUSER_URL = "postgres_url"
MIGRATE = ("migrate", "--no-input", "--verbosity=0")
FAILED = 1


def main() -> int:
    """Make and migrate all databases; return the exit status."""
    try:
        urls = read(environment())
    except NotReadable as error:
        sys.stderr.write(told(error.problems))
        return EX_CONFIG
    superuser_url = urls.pop(SUPERUSER_URL)
    try:
        for url in urls.values():
            make_own(superuser_url, url)
    except psycopg2.Error as error:
        sys.stderr.write(f"The databases cannot be made: {error}\n")
        return FAILED
    return migrate({service.name: urls[variable(service.name)] for service in SERVICES})


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the URLs by variable, in lower case.

    Raises:
        NotReadable: one is missing, or its file cannot be read.
    """
    names = [SUPERUSER_URL, *(variable(service.name) for service in SERVICES)]
    given = {name: text for name in names if (text := environ.get(name.upper()))}
    found = given | from_files(names, environ)
    missing = [name.upper() for name in names if not found.get(name)]
    if missing:
        raise NotReadable([(name, "Field required") for name in missing])
    return found


def variable(service: str) -> str:
    """Return the name, in lower case, of the variable with the URL of a service's database."""
    return f"{service}_database_url"


def migrate(urls: Mapping[str, str]) -> int:
    """Migrate all services at the same time, each as its own role; return the exit status."""
    running = {
        service.name: subprocess.Popen(
            service.command(*MIGRATE),
            cwd=ROOT,
            env={**environment(), **UNUSED_SURROUNDINGS, "DATABASE_URL": urls[service.name]},
        )
        for service in SERVICES
    }
    failed = [name for name, process in running.items() if process.wait() != 0]
    if failed:
        sys.stderr.write(f"The migrations of {', '.join(failed)} failed; see above.\n")
        return FAILED
    sys.stdout.write(f"migrated: {', '.join(running)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
