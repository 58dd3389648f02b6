"""``make containers``: the image and the compose file, for real, on a Debian machine without a registry.

Builds everything, brings the suite up in a project of its own, talks through its gateway, breaks what
it stands on, and takes all of it away again. Only images stay, so that the next time is shorter. The
status is 1 where something was not as it should be.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from clients.python import parley
from dev.containers import machine, stand_ins
from dev.containers.docker import Docker, Failed, megabytes
from dev.errors import CannotStart
from dev.settings import ROOT
from tests.containers import steps
from tests.containers.stack import IMAGE, Stack, made

KEPT = ROOT / "build" / "containers"
"""Of the compose plugin, and of what was logged where something failed."""

UNWANTED = (AssertionError, Failed, parley.ParleyError, OSError, ExceptionGroup)
"""What a step raises where something is not as it should be."""
MONITORING = ROOT / "monitoring"
"""What Prometheus and Alertmanager are told."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    seconds: float
    seen: str
    is_good: bool = True


class Table:
    """What was tried, in its order; a line is shown as soon as it is known."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    @property
    def is_good(self) -> bool:
        """Whether nothing has failed."""
        return all(row.is_good for row in self.rows)

    def add(self, row: Row) -> None:
        """Add a line and show it."""
        self.rows.append(row)
        sign = "ok    " if row.is_good else "FAILED"
        sys.stdout.write(f"{sign} {row.seconds:7.1f} s  {row.what:<34} {row.seen}\n")
        sys.stdout.flush()

    def run(self, what: str, step: Callable[[], str]) -> bool:
        """Run one step and add its line; return whether it was as it should be."""
        began_s = time.monotonic()
        try:
            seen, is_good = step(), True
        except UNWANTED as error:
            seen, is_good = told(error), False
        row = Row(what=what, seconds=time.monotonic() - began_s, seen=seen, is_good=is_good)
        self.add(row)
        return is_good


def told(error: BaseException) -> str:
    """Say what went wrong, of several things each."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(told(each) for each in error.exceptions)
    return f"{type(error).__name__}: {error}"


def main() -> int:
    """Try everything; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.containers", description=__doc__)
    parser.add_argument(
        "--only", default="", help="only steps with this in their name, once it is up"
    )
    only = parser.parse_args().only
    logging.getLogger("clients").setLevel(logging.CRITICAL)
    table, began_s = Table(), time.monotonic()
    try:
        with machine.prepared(KEPT) as docker:
            table.add(Row(what="machine", seconds=time.monotonic() - began_s, seen=version(docker)))
            build(docker, table)
            with TemporaryDirectory(prefix="parley-containers-") as folder:
                try_all(docker, Path(folder), table, only)
    except (CannotStart, Failed) as error:
        table.add(Row(what="stopped", seconds=0, seen=str(error), is_good=False))
    summary = f"{len(table.rows)} lines in {time.monotonic() - began_s:.0f} s"
    sys.stdout.write(f"\n{'all good' if table.is_good else 'NOT GOOD'}: {summary}\n")
    return int(not table.is_good)


def version(docker: Docker) -> str:
    """Say what is asked, and what answers."""
    return f"Docker {docker.run('version', '--format', '{{.Server.Version}}').strip()}"


def build(docker: Docker, table: Table) -> None:
    """Build what stands in for official images, and our own."""
    began_s = time.monotonic()
    if stand_ins.missing(docker):
        stand_ins.make_base(docker)
        table.add(Row(what="debootstrap", seconds=time.monotonic() - began_s, seen=stand_ins.BASE))
    for image, took_s, seen in stand_ins.build_all(docker):
        size = megabytes(docker.image_bytes(image.tag))
        table.add(Row(what=f"image {image.tag}", seconds=took_s, seen=f"{seen}, {size}"))
    began_s = time.monotonic()
    docker.run("build", "--tag", IMAGE, ".", within_s=1800)
    size = megabytes(docker.image_bytes(IMAGE))
    table.add(Row(what=f"image {IMAGE}", seconds=time.monotonic() - began_s, seen=size))


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
    yield "in a browser", partial(steps.browsed, stack)
    yield "addresses of clients", partial(steps.addresses, stack)
    yield "scale chat to 3", partial(steps.scaled, stack)
    for service in (*steps.NAMES, "redis", "postgres"):
        yield f"kill {service} under traffic", partial(steps.killed, stack, [service])
    for service in ("postgres", "redis"):
        yield f"pause {service} under traffic", partial(steps.silent, stack, service)
    yield "roll chat under traffic", partial(steps.rolled, stack)
    if MONITORING.exists():
        yield "monitoring", partial(steps.monitored, stack)
    yield "backup", partial(steps.backed_up, stack)
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
