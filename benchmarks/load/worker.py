"""One load process: plays a scenario with its share of the people, and tells what it counted."""

import asyncio
import gc
import resource
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvloop

from benchmarks.load.dialects import Dialect
from benchmarks.load.pace import NS_PER_S, until_ns
from benchmarks.load.people import Somebody
from benchmarks.load.stage import Scenario, Stage
from benchmarks.load.tally import PackedTally, Tally, Window

TELL_EVERY_S = 1.0
START_AFTER_S = 0.2
"""From the word of the fleet to the start: all its processes have heard it by then."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a load process is to do."""

    scenario: Scenario
    people: Sequence[Somebody]
    sizes: Mapping[str, int]
    urls: Sequence[str]
    dialect: type[Dialect]
    parts: int
    place: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything is prepared: the window begins so long after the start, and lasts so long."""

    warm_up_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """The counts so far."""

    counts: Counter[str]


@dataclass(frozen=True, slots=True)
class Done:
    """That was all."""

    tally: PackedTally


Word = Ready | Progress | Done


def work(connection: "Connection[Word, int]", job: Job) -> None:
    """Play; run by a process of its own. The fleet answers ``Ready`` with the time to start."""
    gc.freeze()
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    uvloop.run(_play(connection, job))


async def _play(connection: "Connection[Word, int]", job: Job) -> None:
    tally = Tally()
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []

    async def begin(warm_up_s: float, seconds: float) -> Window:
        connection.send(Ready(warm_up_s, seconds))
        start_ns = await loop.run_in_executor(None, connection.recv)
        window = tally.window
        window.begin_ns = start_ns + int(warm_up_s * NS_PER_S)
        window.end_ns = window.begin_ns + int(seconds * NS_PER_S)
        tasks.append(asyncio.create_task(_mark(tally)))
        return window

    stage = Stage(
        people=job.people,
        sizes=job.sizes,
        urls=job.urls,
        dialect=job.dialect,
        parts=job.parts,
        place=job.place,
        tally=tally,
        begin=begin,
    )
    tasks.append(asyncio.create_task(_tell(connection, tally)))
    try:
        await job.scenario.play(stage)
    finally:
        for task in tasks:
            task.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(TELL_EVERY_S):
            await asyncio.gather(*tasks, return_exceptions=True)
    connection.send(Done(tally.packed()))
    await stage.leave()


async def _tell(connection: "Connection[Word, int]", tally: Tally) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        connection.send(Progress(Counter(tally.counts)))


async def _mark(tally: Tally) -> None:
    try:
        await until_ns(tally.window.begin_ns)
        tally.before = Counter(tally.counts)
        await until_ns(tally.window.end_ns)
    finally:
        # Cancelled where the scenario was done before its window ended.
        tally.after = Counter(tally.counts)
