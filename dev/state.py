"""`suite.json`: what runs at this moment, for tests, tools and curious people.

It exists exactly while the suite is ready. A process that died is not in it; a process that was
started again is there with its new pid.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from dev.errors import CannotStart
from dev.files import read_json, write_json

STATE_FILE = "suite.json"


@dataclass(frozen=True, kw_only=True)
class ProcessState:
    """One live process.

    Attributes:
        service: the service's name, or ``postgres``, ``redis``, ``gateway``, ``demo``.
        port: 0 where it has none.
        internal_port: health and metrics; None where the process has none.
    """

    service: str
    pid: int
    port: int
    internal_port: int | None


@dataclass(frozen=True, kw_only=True)
class SuiteState:
    """Where everything is; the URLs hold passwords.

    Attributes:
        redis_url: for administrators, and for tests that break things.
        redis_services_url: as the services have it; it does what they do and nothing else.
        redis_push_url: for other programs that push; it does nothing but that.
        database_admin_url: a role that may make databases; empty where each service has its own.
        database_urls: as the services have them, by name.
    """

    gateway_url: str
    redis_url: str
    redis_services_url: str
    redis_push_url: str
    database_admin_url: str
    database_urls: dict[str, str]
    processes: list[ProcessState] = field(default_factory=list)

    def of(self, service: str) -> list[ProcessState]:
        """Return the live processes of a service, in the order in which they were declared."""
        return [process for process in self.processes if process.service == service]


def write_state(run_dir: Path, state: SuiteState) -> None:
    """Replace what `suite.json` says, in one step."""
    write_json(run_dir / STATE_FILE, asdict(state))


def read_state(run_dir: Path) -> SuiteState | None:
    """Return what `suite.json` says, or None where the suite is not ready."""
    found = read_json(run_dir / STATE_FILE)
    if found is None:
        return None
    processes = [ProcessState(**process) for process in found.pop("processes")]
    return SuiteState(**found, processes=processes)


def running_state(run_dir: Path) -> SuiteState:
    """Return what `suite.json` says, for who needs a suite that is up.

    Raises:
        CannotStart: none is, in that folder.
    """
    state = read_state(run_dir)
    if state is None:
        raise CannotStart(
            f"Nothing runs in {run_dir}. Start it with `make up`, or say which folder it has: RUN_DIR=…"
        )
    return state


def written_at(run_dir: Path) -> int | None:
    """Return when `suite.json` was written, in nanoseconds; None where there is none.

    After `kill -9` of the suite an old one is still there.
    """
    try:
        return (run_dir / STATE_FILE).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def forget_state(run_dir: Path) -> None:
    """Remove `suite.json`; no error where there is none."""
    (run_dir / STATE_FILE).unlink(missing_ok=True)
