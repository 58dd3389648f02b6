"""Runs a scenario in one or several load processes, watches the servers, and puts it together."""

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import monotonic_ns

from benchmarks.load.dialects import Dialect
from benchmarks.load.outcome import Outcome, Sample
from benchmarks.load.pace import NS_PER_S
from benchmarks.load.people import Somebody, room_sizes, shares
from benchmarks.load.stage import Scenario
from benchmarks.load.tally import PackedTally, merged
from benchmarks.load.worker import START_AFTER_S, Done, Job, Progress, Ready, Word, work
from benchmarks.measure.peaks import Peaks
from benchmarks.measure.processes import Watched, cpu_seconds, resident_kib, since

LOOK_S = 0.05
SAMPLE_S = 1.0
GAUGES_EVERY = 10
"""Samples of which one looks at the gauges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is loaded.

    Attributes:
        urls: of its processes; lines take turns.
        watched: its processes, where they are on this machine.
        gauges: what else grows in it, by name and unit.
    """

    name: str
    urls: Sequence[str]
    dialect: type[Dialect]
    people: Sequence[Somebody]
    watched: Watched = ()
    gauges: Callable[[], Mapping[str, float]] = dict


@dataclass(slots=True)
class Fleet:
    """One run.

    ``tell`` gets a line about how it goes, once a second; ``within`` is entered for the part that
    counts.
    """

    target: Target
    scenario: Scenario
    processes: int = 1
    cores: Sequence[int] = ()
    tell: Callable[[str], None] = lambda _: None
    within: Callable[[], AbstractContextManager[object]] = nullcontext
    _words: "dict[int, Connection[int, Word]]" = field(default_factory=dict)
    _counts: dict[int, Counter[str]] = field(default_factory=dict)
    _ready: dict[int, Ready] = field(default_factory=dict)
    _done: dict[int, PackedTally] = field(default_factory=dict)
    _samples: list[Sample] = field(default_factory=list)
    _began_ns: int = 0

    def run(self) -> Outcome:
        """Play, and return what it showed.

        Raises:
            RuntimeError: a load process ended before it was done.
        """
        watched = self.target.watched
        at_rest = resident_kib(watched)
        own_cpu_s = sum(os.times()[2:4])
        self._began_ns = monotonic_ns()
        crew = [self._start(place) for place in range(self.processes)]
        try:
            self._until(lambda: len(self._ready) == self.processes)
            ready_kib = resident_kib(watched)
            ready = self._ready[0]
            start_ns = monotonic_ns() + int(START_AFTER_S * NS_PER_S)
            for words in self._words.values():
                words.send(start_ns)
            begin_ns = start_ns + int(ready.warm_up_s * NS_PER_S)
            self._until(lambda: monotonic_ns() >= begin_ns or self._all_done)
            end_ns = begin_ns + int(ready.seconds * NS_PER_S)
            with self.within():
                peaks, before, begun_ns = Peaks(watched), cpu_seconds(watched), monotonic_ns()
                self._until(lambda: monotonic_ns() >= end_ns or self._all_done)
                used, ended_ns = since(before, cpu_seconds(watched)), monotonic_ns()
                grown_kib = peaks.grown_kib()
            self._until(lambda: self._all_done)
        finally:
            for process in crew:
                process.join(timeout=10)
                process.kill()
        return Outcome(
            tally=merged(self._done.values()),
            window_s=(ended_ns - begun_ns) / NS_PER_S,
            cpu_s=used,
            load_cpu_s=sum(os.times()[2:4]) - own_cpu_s,
            at_rest_kib=at_rest,
            ready_kib=ready_kib,
            grown_kib=grown_kib,
            samples=self._samples,
        )

    @property
    def _all_done(self) -> bool:
        return len(self._done) == self.processes

    def _start(self, place: int) -> SpawnProcess:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        job = Job(
            scenario=self.scenario,
            people=shares(self.target.people, self.processes)[place],
            sizes=room_sizes(self.target.people),
            urls=self.target.urls,
            dialect=self.target.dialect,
            parts=self.processes,
            place=place,
        )
        process = context.Process(target=work, args=(theirs, job), daemon=True)
        process.start()
        theirs.close()
        if self.cores and process.pid is not None:
            os.sched_setaffinity(process.pid, {self.cores[place % len(self.cores)]})
        self._words[place] = ours
        return process

    def _until(self, is_so: Callable[[], bool]) -> None:
        """Hear the load processes and sample the servers until something is so."""
        while not is_so():
            heard = wait(list(self._words.values()), timeout=LOOK_S)
            for place, words in list(self._words.items()):
                if words in heard:
                    self._hear(place, words)
            at_s = (monotonic_ns() - self._began_ns) / NS_PER_S
            if not self._samples or at_s - self._samples[-1].at_s >= SAMPLE_S:
                self._sample(at_s)

    def _hear(self, place: int, words: "Connection[int, Word]") -> None:
        try:
            word = words.recv()
        except EOFError:
            raise RuntimeError("a load process ended before it was done") from None
        match word:
            case Ready():
                self._ready[place] = word
            case Progress(counts):
                self._counts[place] = counts
            case Done(tally):
                self._done[place] = tally
                self._counts[place] = tally.counts
                del self._words[place]

    def _sample(self, at_s: float) -> None:
        counts = sum(self._counts.values(), Counter[str]())
        watched = self.target.watched
        sample = Sample(
            at_s=at_s,
            counts=counts,
            cpu_s=cpu_seconds(watched),
            resident_kib=resident_kib(watched),
            gauges={} if len(self._samples) % GAUGES_EVERY else self.target.gauges(),
        )
        self.tell(_line(self._samples[-1] if self._samples else None, sample))
        self._samples.append(sample)


def _line(before: Sample | None, now: Sample) -> str:
    """Say how it goes: what happened in the last second, and how busy the servers were."""
    if before is None:
        return ""
    passed_s = now.at_s - before.at_s
    done = {
        name: round((count - before.counts.get(name, 0)) / passed_s)
        for name, count in now.counts.items()
        if name != "to be received"
    }
    busy = sum(since(before.cpu_s, now.cpu_s).values()) / passed_s
    words = "  ".join(f"{name} {count}" for name, count in done.items() if count)
    return f"{now.at_s:5.0f} s  {words}" + (f"  ({busy:.0%} of a core)" if now.cpu_s else "")


def to_stderr(line: str) -> None:
    """Show a line of progress to whoever waits."""
    if line:
        sys.stderr.write(line + "\n")
