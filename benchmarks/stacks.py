"""Parley as it is loaded: a suite of its own, with people in it who were made in bulk."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from benchmarks.load.dialects import Parley
from benchmarks.load.fleet import Target
from benchmarks.load.people import Somebody, people_in
from benchmarks.measure.stores import stores_of
from dev.harness import UNLIMITED, RunningSuite, wait_until
from dev.manage import surroundings_of
from dev.services import SERVICES, service_environment
from dev.settings import ROOT

QUIET = {**UNLIMITED, "CONNECTIONS": "100000", "LOG_LEVEL": "WARNING"}
UNUSED_PORT = 1
KNOWN_WITHIN_S = 120.0


@contextmanager
def on_cores(cores: Sequence[int]) -> Iterator[None]:
    """Start what is started in here on some cores only; none named means all."""
    before = os.sched_getaffinity(0)
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def parley(
    folder: Path,
    *,
    cores: Sequence[int] = (),
    chat_processes: int = 1,
    env: Mapping[str, str] | None = None,
) -> Iterator[RunningSuite]:
    """Run the suite with its limits wide open, because a few people do what thousands would."""
    with on_cores(cores):
        suite = RunningSuite.start(
            folder / "run", chat_processes=chat_processes, env={**QUIET, **(env or {})}
        )
    try:
        yield suite
    finally:
        suite.stop()


def crowd(suite: RunningSuite, rooms: Sequence[int]) -> list[Somebody]:
    """Make people with the management command, so many in each room; all services know them then.

    Raises:
        TimeoutError: one of them does not learn of the rooms.
    """
    chat = next(each for each in SERVICES if each.name == "chat")
    made = subprocess.run(
        chat.command("crowd", *shapes(rooms)),
        cwd=ROOT,
        env=service_environment(
            chat,
            surroundings_of(suite.run_dir, suite.state),
            port=UNUSED_PORT,
            internal_port=UNUSED_PORT,
        ),
        check=True,
        stdout=subprocess.PIPE,
    )
    with stores_of(suite.state) as stores:
        wait_until(stores.are_rooms_known, within_s=KNOWN_WITHIN_S, what="the rooms to be known")
    return people_in(made.stdout)


def shapes(rooms: Sequence[int]) -> list[str]:
    """Return the sizes of rooms as ``python -m services.chat crowd`` takes them."""
    return [f"{len(list(same))}x{size}" for size, same in groupby(rooms)]


def target(suite: RunningSuite, people: Sequence[Somebody]) -> Target:
    """Return the suite as a load sees it: the processes of chat, on their own ports."""
    return Target(
        name="parley",
        urls=[f"http://127.0.0.1:{each.port}" for each in suite.state.of("chat")],
        dialect=Parley,
        people=people,
        watched=[(each.service, each.pid) for each in suite.state.processes],
    )
