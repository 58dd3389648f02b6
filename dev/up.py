"""`make up` and `make reset`: who owns the run folder, signals, exit statuses.

Signals are only noted by their handlers and acted upon by the main thread's loop: a handler that
took a lock could meet itself.
"""

import os
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from dev import postgres
from dev.errors import CannotStart
from dev.files import make_private_folder
from dev.leftovers import LEDGER_FILE, end_leftovers, living_leftovers
from dev.log import Log
from dev.ownership import LOCK_FILE, Owner, Ownership, owner_of
from dev.process import HOLD_FOLDER
from dev.services import SERVICES, Service
from dev.settings import Settings
from dev.state import forget_state
from dev.suite import Suite

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
RESTART_SIGNAL = signal.SIGHUP
"""Asks for a rolling restart of chat, unless it tells that the terminal is gone."""
LOOK_S = 0.3
"""How often the main thread looks whether the parent lives and the suite still runs."""
ORPHAN_STOPS_WITHIN_S = 30.0
ENTER_ONLY = 0o711
STANDARD_STREAMS = (0, 1, 2)
OWN_NAMES = ("valkey", "gateway", HOLD_FOLDER, "secrets.json", LEDGER_FILE, LOCK_FILE)
"""What `make reset` removes from the run folder, beside PostgreSQL's data."""


def up(
    settings: Settings, *, with_parent: bool = False, services: Sequence[Service] = SERVICES
) -> None:
    """Run the suite until it is asked to stop.

    Args:
        settings: the choices of this run.
        with_parent: stop also when the parent process ends, as when somebody kills `make`.
        services: what to run.

    Raises:
        CannotStart: it did not come up.
    """
    log = Log(coloured=sys.stdout.isatty() and not settings.inherited.get("NO_COLOR"))
    parent = os.getppid() if with_parent else None
    make_run_dir(settings.run_dir)
    owner = Owner(pid=os.getpid(), parent=parent)
    wait_for_orphan(settings.run_dir, log)
    with Ownership(settings.run_dir, owner):
        forget_state(settings.run_dir)
        shutil.rmtree(settings.run_dir / HOLD_FOLDER, ignore_errors=True)
        for name in end_leftovers(settings.run_dir):
            log.note(f"ended {name}, a leftover of an earlier start")
        run_until_asked(Suite(settings, log=log, services=services), parent=parent)


def run_until_asked(suite: Suite, *, parent: int | None) -> None:
    """Run the suite in a thread; the first signal stops it, the second makes it hurry.

    SIGHUP restarts chat instead, except where our terminal has been closed: that stops the suite.

    Raises:
        CannotStart: it did not come up.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            suite.run()
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            failures.append(error)

    noted = note_signals()
    thread = threading.Thread(target=run)
    thread.start()
    heed_signals(noted, suite, while_alive=thread, parent=parent)
    if failures:
        raise failures[0]


def note_signals() -> int:
    """Have signals written down from now on; return where their numbers can be read."""
    noted, note = os.pipe()
    os.set_blocking(note, False)
    signal.set_wakeup_fd(note, warn_on_full_buffer=False)
    for number in (*STOP_SIGNALS, RESTART_SIGNAL):
        signal.signal(number, lambda *_: None)
    return noted


def heed_signals(
    noted: int, suite: Suite, *, while_alive: threading.Thread, parent: int | None
) -> None:
    """Pass on what signals, the end of the parent and that of the terminal ask for."""
    terminals = [each for each in STANDARD_STREAMS if os.isatty(each)]
    asks = 0
    while while_alive.is_alive():
        signals = await_signals(noted)
        asks += sum(number in STOP_SIGNALS for number in signals)
        orphaned = parent is not None and os.getppid() != parent
        # A closed terminal tells only the leader of its session, which may be `make`: it waits.
        hung_up = not all(os.isatty(each) for each in terminals)
        if asks or orphaned or hung_up:
            suite.request_stop()
        elif RESTART_SIGNAL in signals:
            suite.request_restart()
        if asks > 1:
            suite.hurry()


def await_signals(noted: int) -> bytes:
    """Wait a moment for signals; return their numbers."""
    readable, _, _ = select.select([noted], [], [], LOOK_S)
    return os.read(noted, 64) if readable else b""


def make_run_dir(run_dir: Path) -> None:
    """Make the run folder.

    As root it may be entered by all, though not read: PostgreSQL's account has its folder inside.

    Raises:
        CannotStart: it cannot be written to.
    """
    try:
        if not run_dir.exists():
            make_private_folder(run_dir)
            if os.geteuid() == 0:
                run_dir.chmod(ENTER_ONLY)
    except OSError as error:
        raise CannotStart(f"{run_dir} cannot be made: {error.strerror}.") from error
    if not os.access(run_dir, os.W_OK | os.X_OK):
        raise CannotStart(
            f"{run_dir} belongs to another user. Choose another one: make up RUN_DIR=…"
        )


def wait_for_orphan(run_dir: Path, log: Log) -> None:
    """Let a copy whose `make` was killed finish its stop."""
    owner = owner_of(run_dir)
    if owner is None or not owner.is_orphaned():
        return
    deadline = time.monotonic() + ORPHAN_STOPS_WITHIN_S
    told = False
    while time.monotonic() < deadline:
        if not Ownership(run_dir, owner).is_taken():
            return
        if not told:
            log.note(f"an earlier copy (pid {owner.pid}) is stopping; waiting for it")
            told = True
        time.sleep(LOOK_S)


def reset(settings: Settings) -> str:
    """Forget everything that the run folder holds: data, secrets, records.

    Returns:
        What was done, in one line.

    Raises:
        CannotStart: a copy runs there, or leftovers of one do.
    """
    run_dir = settings.run_dir
    if not run_dir.exists():
        return f"There is nothing to forget in {run_dir}."
    with Ownership(run_dir, Owner(pid=os.getpid())):
        if living := living_leftovers(run_dir):
            names = ", ".join(f"{record.name} (pid {record.pid})" for record in living)
            raise CannotStart(
                f"Still running from an earlier start: {names}. `make up` ends them; stop it "
                "with Ctrl-C, then reset."
            )
        postgres.forget(run_dir)
        forget_state(run_dir)
        for name in OWN_NAMES:
            path = run_dir / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if not any(run_dir.iterdir()):
        run_dir.rmdir()
    return f"Everything in {run_dir} is forgotten."
