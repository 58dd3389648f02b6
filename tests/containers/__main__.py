"""``make containers``: the image and the compose file, for real, on a Debian machine without a registry.

Builds everything, brings the suite up in a project of its own, talks through its gateway, breaks what
it stands on, and takes all of it away again. Only images stay, so that the next time is shorter. The
status is 1 where something was not as it should be.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from dev.containers.docker import Docker, Failed
from dev.errors import CannotStart
from dev.settings import ROOT
from tests.containers import backup, images, machine, steps
from tests.containers.stack import Stack, made
from tests.containers.table import Row, Table, steps_asked_for

KEPT = ROOT / "build" / "containers"
"""Of the compose plugin, and of what was logged where something failed."""


def main() -> int:
    """Try everything; return the exit status."""
    only = steps_asked_for("python -m tests.containers", description=__doc__)
    logging.getLogger("clients").setLevel(logging.CRITICAL)
    table, began_s = Table(), time.monotonic()
    try:
        with machine.prepared(KEPT) as docker:
            seen = images.version(docker)
            table.add(Row(what="machine", seconds=time.monotonic() - began_s, seen=seen))
            images.build(docker, table)
            with TemporaryDirectory(prefix="parley-containers-") as folder:
                try_all(docker, Path(folder), table, only)
    except (CannotStart, Failed) as error:
        table.add(Row(what="stopped", seconds=0, seen=str(error), is_good=False))
    return table.close(time.monotonic() - began_s)


def try_all(docker: Docker, folder: Path, table: Table, only: str) -> None:
    """Bring the stack up, try each step, and take the stack down."""
    with standing(docker, folder, table) as stack:
        if not table.run("compose config", lambda: steps.configuration(stack)):
            return
        if not table.run("start", lambda: steps.start(stack)):
            return
        for what, step in plan(stack):
            if only in what:
                table.run(what, step)


def plan(stack: Stack) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the steps by name, in their order."""
    yield "size", partial(steps.size, stack)
    yield "confinement", partial(steps.confinement, stack)
    yield "page", partial(steps.page, stack)
    yield "conversation", partial(steps.talk, stack)
    yield "trace", partial(steps.traced, stack)
    yield "in a browser", partial(steps.browsed, stack)
    yield "addresses of clients", partial(steps.addresses, stack)
    yield "scale chat to 3", partial(steps.scaled, stack)
    for service in (*steps.NAMES, "redis", "postgres"):
        yield f"kill {service} under traffic", partial(steps.killed, stack, [service])
    for service in ("postgres", "redis"):
        yield f"pause {service} under traffic", partial(steps.silent, stack, service)
    yield "roll chat under traffic", partial(steps.rolled, stack)
    yield "monitoring", partial(steps.monitored, stack)
    yield "backup", partial(backup.backed_up, stack)
    yield "stop and start", partial(steps.started_again, stack)
    yield "https", partial(steps.served_over_tls, stack)


@contextmanager
def standing(docker: Docker, folder: Path, table: Table) -> Iterator[Stack]:
    """Give a stack that is not up yet; it is gone afterwards, whatever happened."""
    stack = made(docker, folder)
    try:
        yield stack
        if not table.is_good:
            log = KEPT / "containers.log"
            log.write_text(stack.log(), encoding="utf-8")
            sys.stdout.write(f"what the containers wrote: {log}\n")
    finally:
        stack.down()


if __name__ == "__main__":
    sys.exit(main())
