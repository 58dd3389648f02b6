"""What is loaded: a stack that is started for the run, or a deployment that is there already."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import opponents, stacks
from benchmarks.arguments import Options
from benchmarks.load.dialects import Parley
from benchmarks.load.fleet import Target
from benchmarks.load.people import picked, read_people
from benchmarks.measure.stores import stores_of
from benchmarks.newcomers import newcomers

OPPONENTS = {"tutorial": opponents.tutorial, "socketio": opponents.socketio}


@contextmanager
def target_of(options: Options, *, tell: Callable[[str], None]) -> Iterator[Target]:
    """Have it ready in the block, with its people.

    Raises:
        RuntimeError: it did not come up.
        ValueError: there are not enough people in the file.
    """
    if options.urls:
        yield _deployment(options, tell)
        return
    server_cores, _ = cores(options)
    tell(f"starting {options.stack}")
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        rooms = options.scenario.rooms()
        if options.stack == "parley":
            yield ends.enter_context(_parley(folder, options, server_cores))
        else:
            with stacks.on_cores(server_cores):
                opponent = OPPONENTS[options.stack](folder / "run", rooms=rooms)
                started = ends.enter_context(opponent)
            yield started


def cores(options: Options) -> tuple[Sequence[int], Sequence[int]]:
    """Return the cores of the servers and those of the load; empty for any."""
    first, *others = sorted(os.sched_getaffinity(0))
    return ([first], others) if options.is_pinned and others else ((), ())


def _deployment(options: Options, tell: Callable[[str], None]) -> Target:
    rooms = options.scenario.rooms()
    if options.people:
        people = picked(read_people(options.people), rooms)
    else:
        people = asyncio.run(newcomers(options.urls[0], rooms, tell=tell))
    return Target(name=options.urls[0], urls=options.urls, dialect=Parley, people=people)


@contextmanager
def _parley(folder: Path, options: Options, server_cores: Sequence[int]) -> Iterator[Target]:
    with (
        stacks.parley(folder, cores=server_cores, chat_processes=options.chat_processes) as suite,
        stores_of(suite.state) as stores,
    ):
        target = stacks.target(suite, stacks.crowd(suite, options.scenario.rooms()))
        if options.through_gateway:
            target = replace(target, urls=[suite.state.gateway_url])
        yield replace(target, gauges=stores.gauges)
