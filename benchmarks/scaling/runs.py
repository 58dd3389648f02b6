"""The same loads with one, two and more processes of chat, people spread evenly over them."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import stacks
from benchmarks.load.fleet import Fleet, Target
from benchmarks.load.outcome import Outcome
from benchmarks.load.people import Somebody
from benchmarks.load.stage import Scenario
from benchmarks.measure.metrics import counted
from benchmarks.scaling.fit import Observation, Volume
from benchmarks.scenarios.idle import Idle
from benchmarks.scenarios.pairs import Pairs
from benchmarks.scenarios.rooms import Rooms
from dev.harness import RunningSuite

CHAT = "chat"
PEOPLE = 1000
PAIRS_PER_S = (500.0, 1000.0)
ROOMS_PER_S = (100.0, 250.0)
ALONG_PER_S = (500.0, 1500.0)
WARM_UP_S = 2.0
PROCESS_NAME = "chat {}"
ALONG = 2
"""Processes with which it is played that one reads along: each further one would do the same."""
TRIES = 2
"""Others use this machine, too."""
TRANSACTIONS = "parley_writer_batch_messages_count"


@dataclass(frozen=True, kw_only=True)
class Load:
    """Something that is done alike with every count of processes.

    Attributes:
        on_one: everybody is connected to the first process; the others only read along.
    """

    name: str
    scenario: Scenario
    on_one: bool = False


@dataclass(frozen=True, kw_only=True)
class Run:
    """A load with so many processes of chat, and what came of it.

    Attributes:
        transactions: in which a message was written, on average: one, or a part of one.
    """

    processes: int
    load: Load
    transactions: float
    outcome: Outcome

    @property
    def messages(self) -> int:
        """Acknowledged within the window; none where nobody writes."""
        return self.outcome.in_window("acked")

    @property
    def cpu_s(self) -> Mapping[str, float]:
        """Used within the window: chat as a whole, each of its processes, and the others."""
        used = self.outcome.cpu_s
        return {CHAT: sum(used[name] for name in self.chat_names), **used}

    @property
    def chat_names(self) -> Sequence[str]:
        """The names of the processes of chat."""
        return [PROCESS_NAME.format(number + 1) for number in range(self.processes)]

    def of_chat(self) -> list[Observation]:
        """Return what each process of chat used."""
        return [
            self._observed(name, own=self._volume(self._share(place), seen=self._seen(place)))
            for place, name in enumerate(self.chat_names)
        ]

    def of_store(self, name: str) -> Observation:
        """Return what something used that there is once."""
        return self._observed(name, own=self._volume())

    def _observed(self, name: str, *, own: Volume) -> Observation:
        return Observation(
            own=own,
            suite=self._volume(),
            processes=self.processes,
            cpu_ms=1000 * self.cpu_s[name] / self.outcome.window_s,
        )

    def _share(self, place: int) -> float:
        """Return the share of all people who are connected to a process."""
        if self.load.on_one:
            return 0.0 if place else 1.0
        return 1 / self.processes

    def _seen(self, place: int) -> float:
        """Return the share of all rooms of which somebody is there: members take turns."""
        members = self.load.scenario.rooms()[0]
        return min(1.0, members * self._share(place))

    def _volume(self, share: float = 1.0, *, seen: float = 1.0) -> Volume:
        per_s = share / self.outcome.window_s
        return Volume(
            people=PEOPLE * share,
            messages=self.messages * per_s,
            seen=self.messages * seen / self.outcome.window_s,
            transactions=self.messages * self.transactions * per_s,
            deliveries=self.outcome.in_window("received") * per_s,
        )


def loads(seconds: float) -> Sequence[Load]:
    """Return what is played, each of which counts for so long."""
    pairs = Pairs(connections=PEOPLE, seconds=seconds, warm_up=WARM_UP_S, read_after=-1)
    rooms = Rooms(groups=20, members=50, seconds=seconds, warm_up=WARM_UP_S, read_after=-1)
    idle = Idle(connections=PEOPLE, seconds=seconds, warm_up=WARM_UP_S)
    return (
        Load(name=f"{PEOPLE} idle", scenario=idle),
        *(
            Load(name=f"pairs, {rate:g}/s", scenario=replace(pairs, rate=rate))
            for rate in PAIRS_PER_S
        ),
        *(
            Load(name=f"20 rooms of 50, {rate:g}/s", scenario=replace(rooms, rate=rate))
            for rate in ROOMS_PER_S
        ),
        *(
            Load(name=f"pairs, {rate:g}/s, on one", scenario=replace(pairs, rate=rate), on_one=True)
            for rate in ALONG_PER_S
        ),
    )


def measured(
    counts: Sequence[int], some: Sequence[Load], *, tell: Callable[[str], None]
) -> Iterator[Run]:
    """Play the loads with each count of processes; what goes wrong twice is left out.

    Raises:
        RuntimeError: a suite did not come up.
    """
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="parley-scaling-") as folder:
            mine = [each for each in some if count == ALONG or not each.on_one]
            with stacks.parley(Path(folder), chat_processes=count) as suite:
                yield from _played(suite, count, mine, tell)


def _played(
    suite: RunningSuite, count: int, some: Sequence[Load], tell: Callable[[str], None]
) -> Iterator[Run]:
    crowds: dict[Sequence[int], list[Somebody]] = {}
    for load in some:
        rooms = tuple(load.scenario.rooms())
        if rooms not in crowds:
            crowds[rooms] = stacks.crowd(suite, rooms)
        for _ in range(TRIES):
            run = _run(suite, count, load, crowds[rooms])
            busy = 100 * sum(run.outcome.cpu_s.values()) / run.outcome.window_s
            troubles = run.outcome.troubles or ""
            tell(f"{count} of chat, {load.name}: {busy:.0f} % of a core {troubles}")
            if not troubles:
                yield run
                break


def _run(suite: RunningSuite, count: int, load: Load, people: Sequence[Somebody]) -> Run:
    before = _transactions(suite)
    target = _target(suite, people, on_one=load.on_one)
    outcome = Fleet(target=target, scenario=load.scenario).run()
    written = max(1, outcome.tally.counts["acked"])
    return Run(
        processes=count,
        load=load,
        transactions=(_transactions(suite) - before) / written,
        outcome=outcome,
    )


def _target(suite: RunningSuite, people: Sequence[Somebody], *, on_one: bool) -> Target:
    """Return the suite with a name of its own for each process of chat."""
    made = stacks.target(suite, people)
    others = [(name, pid) for name, pid in made.watched if name != CHAT]
    named = [
        (PROCESS_NAME.format(number), each.pid)
        for number, each in enumerate(suite.state.of(CHAT), start=1)
    ]
    return replace(made, urls=made.urls[:1] if on_one else made.urls, watched=[*named, *others])


def _transactions(suite: RunningSuite) -> float:
    """Return how many all writers have committed."""
    return sum(counted(suite.state, CHAT, TRANSACTIONS))
