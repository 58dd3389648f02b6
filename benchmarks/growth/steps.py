"""What a message costs while rooms and messages become more, step by step, on one suite.

The same people write at each step, two by two: first in one room each pair, then in many. What
differs is what is stored, and over how many rooms the messages are spread. Before that they are only
there: what the suite needs then grows with the rooms of those who are connected, not with messages.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import httpx
import msgspec

from benchmarks import stacks
from benchmarks.growth.everywhere import HISTORY, SYNC, Everywhere
from benchmarks.growth.filling import Tables, tables_of
from benchmarks.load.fleet import Fleet
from benchmarks.load.outcome import Outcome
from benchmarks.load.people import Somebody
from benchmarks.load.tokens import renewed
from benchmarks.report import titled
from dev.harness import RunningSuite

PAIR = 2
TIMED = ("received", HISTORY, SYNC)
TOLD_AFTER_S = 5.0
"""Until presence has told of those who went. Source: docs/protocol.md."""
VACUUM_WITHIN_S = 240.0
"""Autovacuum looks at a database once a minute, and then takes its time on purpose."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """How many rooms there are, at least, and messages in all of them together, evenly spread."""

    rooms: int
    messages: int

    @property
    def head(self) -> int:
        """The seq up to which each room is filled."""
        return -(-self.messages // self.rooms)


EVERYWHERE = Everywhere()
STEPS = (
    Step(rooms=100, messages=10_000),
    Step(rooms=10_000, messages=10_000),
    Step(rooms=10_000, messages=1_000_000),
)


@dataclass(frozen=True, kw_only=True)
class Grown:
    """What a step showed.

    Attributes:
        rooms: that there were.
        messages: that were stored when the load began.
        rest: with everybody there, and nobody writing.
    """

    rooms: int
    messages: int
    outcome: Outcome
    rest: Outcome

    @property
    def cpu_ms(self) -> dict[str, float]:
        """Of each server, a message; ``all`` of them together."""
        return self.outcome.cpu_ms_per("acked")

    @property
    def rest_ms(self) -> dict[str, float]:
        """Of each server, a second in which nobody writes."""
        each = {name: 1000 * used / self.rest.window_s for name, used in self.rest.cpu_s.items()}
        return {**each, "all": sum(each.values())}

    @property
    def more_ms(self) -> float:
        """What a message costs more than nothing: of all servers, without what they need at rest."""
        rate = self.outcome.in_window("acked") / self.outcome.window_s
        return self.cpu_ms["all"] - self.rest_ms["all"] / max(1.0, rate)

    def p50_ms(self, stage: str) -> float:
        """The median of a stage; not a number where it did not occur."""
        return self.outcome.stages().get(stage, {}).get("p50", float("nan"))


def grow(
    suite: RunningSuite,
    *,
    steps: Sequence[Step] = STEPS,
    load: Everywhere = EVERYWHERE,
    vacuum_within_s: float = VACUUM_WITHIN_S,
    tell: Callable[[str], None],
) -> list[Grown]:
    """Fill a new suite, and load it, at each step.

    Args:
        suite: with nobody in it.
        steps: from the least to the most; at the first each pair has one room.
        load: what is played at each.
        vacuum_within_s: how long autovacuum may take after the filling.
        tell: gets a line about how it goes.

    Raises:
        TimeoutError: a service does not learn of the rooms.
    """
    people = stacks.crowd(suite, [PAIR] * steps[0].rooms)
    found = []
    with tables_of(suite.state) as tables:
        for step in steps:
            tell(f"growth: filling {step.rooms} rooms with {step.messages} messages")
            tables.add_rooms(step.rooms)
            tables.add_messages(step.head)
            tables.until_vacuumed(vacuum_within_s, tell=tell)
            stored = tables.messages()
            people = asyncio.run(_renewed(suite, people))
            target = stacks.target(suite, _in_all_rooms(people, tables))
            rest = Fleet(target=target, scenario=resting(load)).run()
            outcome = Fleet(target=target, scenario=load).run()
            found.append(Grown(rooms=step.rooms, messages=stored, outcome=outcome, rest=rest))
            tell(f"growth: {stored} messages: {found[-1].cpu_ms.get('all', 0):.3f} ms a message")
    return found


def times(last: float, first: float) -> float:
    """Return how many times the first the last is; not a number where the first is nothing."""
    return last / first if first else float("nan")


def resting(load: Everywhere) -> Everywhere:
    """Return the same people, who are only there; it counts when all were told of all."""
    return replace(load, rate=0.0, reads=0, warm_up=load.warm_up + TOLD_AFTER_S)


def table(grown: Sequence[Grown]) -> str:
    """Return the steps side by side, and how the last compares with the first."""
    head = [
        ["rooms", *(str(each.rooms) for each in grown), "last / first"],
        ["messages", *(str(each.messages) for each in grown), ""],
    ]
    servers = [
        _row(name, [each.cpu_ms.get(name, 0.0) for each in grown]) for name in grown[0].cpu_ms
    ]
    without = _row("all, without rest", [each.more_ms for each in grown])
    rest = [
        _row(name, [each.rest_ms.get(name, 0.0) for each in grown]) for name in grown[0].rest_ms
    ]
    p50 = [_row(name, [each.p50_ms(name) for each in grown]) for name in TIMED]
    return "\n\n".join(
        [
            titled("growth: CPU a message, ms", [*head, *servers, without]),
            titled("growth: CPU a second with nobody writing, ms", rest),
            titled("growth: p50, ms", p50),
        ]
    )


def _row(name: str, values: Sequence[float]) -> list[str]:
    told = f"{times(values[-1], values[0]):.2f}".replace("nan", "-")
    return [name, *(f"{value:.3f}" for value in values), told]


def _in_all_rooms(people: Sequence[Somebody], tables: Tables) -> list[Somebody]:
    """Return people once for each of their rooms."""
    tokens = {each.user: each.token for each in people}
    return [
        Somebody(user=user, room=room, token=tokens[user])
        for room, users in tables.rooms().items()
        for user in users
    ]


async def _renewed(suite: RunningSuite, people: Sequence[Somebody]) -> list[Somebody]:
    """Return people with new tokens: filling takes minutes."""
    (url,) = stacks.target(suite, ()).urls
    async with httpx.AsyncClient(base_url=url) as client:
        return [
            msgspec.structs.replace(each, token=await renewed(client, each.token))
            for each in people
        ]
