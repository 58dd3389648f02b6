"""A cost model by least squares: what happens how often, and what each of it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, kw_only=True)
class Volume:
    """What happened in a second, on average.

    Attributes:
        people: who were connected.
        messages: that they wrote.
        seen: messages of rooms of which somebody is connected, whoever wrote them.
        transactions: in which ``messages`` were written; each is one entry of ``chat.events``.
        deliveries: of messages to people; a receipt came back for each.
    """

    people: float
    messages: float
    seen: float
    transactions: float
    deliveries: float


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What some processes used in a second, and what there was to do.

    Attributes:
        own: what the people of the process did; of a store, what all did.
        suite: what all people did.
        processes: of chat.
        cpu_ms: used in a second.
    """

    own: Volume
    suite: Volume
    processes: int
    cpu_ms: float


@dataclass(frozen=True, kw_only=True)
class Term:
    """One thing that costs something."""

    name: str
    times: Callable[[Observation], float]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What each term costs, in microseconds, and by how much the model errs.

    Attributes:
        worst_ms: of a second, at most.
    """

    costs_us: Sequence[float]
    worst_ms: float


OWN = (
    Term(name="a connection, in a second", times=lambda seen: seen.own.people),
    Term(name="a transaction of its own", times=lambda seen: seen.own.transactions),
    Term(name="a message of its people", times=lambda seen: seen.own.messages),
    Term(name="a delivery to its people", times=lambda seen: seen.own.deliveries),
)
OF_CHAT = (
    Term(name="a process, in a second", times=lambda _: 1),
    *OWN,
    Term(name="a message of its rooms", times=lambda seen: seen.own.seen),
    Term(name="an entry that it reads", times=lambda seen: seen.suite.transactions),
)
"""Of one process. The last is the tail's: of all people, wherever they are."""
OF_STORES = (
    Term(name="a process, in a second", times=lambda seen: seen.processes),
    *OWN,
)
"""Of PostgreSQL, Redis and receipts, whose own people are all."""
OF_REDIS = (
    *OF_STORES,
    Term(
        name="an entry that it reads", times=lambda seen: seen.processes * seen.suite.transactions
    ),
)
"""It hands every entry to every process."""


def fitted(seen: Sequence[Observation], terms: Sequence[Term]) -> Fit:
    """Return what the terms cost.

    Raises:
        ValueError: what was seen is too little, or too much alike, to tell them apart.
    """
    rows = [[term.times(each) for term in terms] for each in seen]
    measured = [each.cpu_ms for each in seen]
    costs_ms = least_squares(rows, measured)
    told = [sum(cost * times for cost, times in zip(costs_ms, row, strict=True)) for row in rows]
    return Fit(
        costs_us=[1000 * each for each in costs_ms],
        worst_ms=max(abs(each - real) for each, real in zip(told, measured, strict=True)),
    )


def least_squares(rows: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    """Return the coefficients of the columns that come closest to the values.

    Computed in fractions: whether columns depend on each other is certain, however large they are.

    Raises:
        ValueError: they do.
    """
    columns = [[Fraction(each) for each in column] for column in zip(*rows, strict=True)]
    wanted = [Fraction(each) for each in values]
    equations = [
        [*(_product(column, other) for other in columns), _product(column, wanted)]
        for column in columns
    ]
    return [float(each) for each in _solved(equations)]


def _product(some: Sequence[Fraction], others: Sequence[Fraction]) -> Fraction:
    return sum((one * other for one, other in zip(some, others, strict=True)), Fraction(0))


def _solved(equations: list[list[Fraction]]) -> list[Fraction]:
    """Solve by Gauss and Jordan: what stands before the last column becomes the unit matrix."""
    size = len(equations)
    if not size:
        raise ValueError("nothing was measured")
    for place in range(size):
        pivot = next((at for at in range(place, size) if equations[at][place]), None)
        if pivot is None:
            raise ValueError("measured too little, or too much alike, to tell the costs apart")
        equations[place], equations[pivot] = equations[pivot], equations[place]
        first = equations[place][place]
        equations[place] = [each / first for each in equations[place]]
        for at in range(size):
            if at != place and (factor := equations[at][place]):
                equations[at] = [
                    each - factor * own
                    for each, own in zip(equations[at], equations[place], strict=True)
                ]
    return [each[-1] for each in equations]
