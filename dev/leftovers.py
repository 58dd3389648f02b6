"""Which processes are ours: recorded while they live, ended by the next start if we were killed.

A pid alone proves nothing, it may belong to somebody else by now. Only a process with the
recorded pid *and* the recorded start time is ours, and only if the record was made for this very
run folder, not copied from another.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from dev.errors import CannotStart
from dev.files import read_json, write_json

LEDGER_FILE = "processes.json"
SAME_START_S = 1.0
"""Start times of one process, read twice, differ by less when the machine's clock is corrected."""
END_WITHIN_S = 10.0
POLL_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Record:
    """One process that we started.

    Attributes:
        started_at: as the kernel tells it, seconds since 1970.
        stop_signal: what asks it to end.
    """

    name: str
    pid: int
    started_at: float
    stop_signal: int


class Ledger:
    """The processes of this run that may be alive, on disk at every moment."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self._records: dict[int, Record] = {}
        self._lock = threading.Lock()

    def add(self, name: str, pid: int, stop_signal: int) -> None:
        """Record a process right after its start; one that is gone already is left out."""
        started_at = start_time(pid)
        if started_at is None:
            return
        record = Record(name=name, pid=pid, started_at=started_at, stop_signal=stop_signal)
        with self._lock:
            self._records[pid] = record
            self._write()

    def remove(self, pid: int) -> None:
        """Forget a process that has ended."""
        with self._lock:
            self._records.pop(pid, None)
            self._write()

    def _write(self) -> None:
        processes = [asdict(record) for record in self._records.values()]
        write_json(
            self.run_dir / LEDGER_FILE, {"run_dir": str(self.run_dir), "processes": processes}
        )


def start_time(pid: int) -> float | None:
    """Return when a process started; None if it ended, even if nobody has collected it yet."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.NoSuchProcess:
        return None


def is_ours(record: Record, started_at: float | None) -> bool:
    """Judge whether what has the record's pid now is the process that we started."""
    return started_at is not None and abs(started_at - record.started_at) < SAME_START_S


def living_leftovers(run_dir: Path) -> Sequence[Record]:
    """Return the processes of an earlier run of this folder that are still alive."""
    found = read_json(run_dir / LEDGER_FILE)
    if found is None or found["run_dir"] != str(run_dir):
        return ()
    records = [Record(**process) for process in found["processes"]]
    return [record for record in records if is_ours(record, start_time(record.pid))]


def end_leftovers(run_dir: Path, *, within_s: float = END_WITHIN_S) -> Sequence[str]:
    """End what an earlier, killed run of this folder left behind, last started first.

    Args:
        run_dir: the folder; its lock is held by the caller.
        within_s: how long each may take to end after being asked, before it is killed.

    Returns:
        The names of what was ended.

    Raises:
        CannotStart: a leftover belongs to another user.
    """
    leftovers = living_leftovers(run_dir)
    for record in reversed(leftovers):
        try:
            end(record, within_s=within_s)
        except psutil.AccessDenied as error:
            raise CannotStart(
                f"{record.name} (pid {record.pid}) of an earlier start still runs and belongs to "
                f"another user. End it: sudo kill {record.pid}"
            ) from error
    (run_dir / LEDGER_FILE).unlink(missing_ok=True)
    return [record.name for record in leftovers]


def end(record: Record, *, within_s: float) -> None:
    """Ask a recorded process to end; kill it when it does not within so many seconds."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(record.pid)
        if not is_ours(record, process.create_time()):
            return
        process.send_signal(record.stop_signal)
        process.send_signal(signal.SIGCONT)
        if not _ended(process, within_s=within_s):
            process.kill()
            _ended(process, within_s=within_s)


def _ended(process: psutil.Process, *, within_s: float) -> bool:
    # In a container without an init, an orphan that ended stays a zombie: that has ended too.
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(POLL_S)
    return False
