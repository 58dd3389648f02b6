"""What scaling showed, as tables: by load and count of processes, and what the model makes of it."""

from collections.abc import Iterator, Sequence

from benchmarks.report import titled
from benchmarks.scaling.fit import OF_CHAT, OF_REDIS, OF_STORES, Fit, Term, fitted
from benchmarks.scaling.reading import Reading
from benchmarks.scaling.runs import CHAT, Run

GROUPS = (CHAT, "postgres", "redis", "receipts", "presence", "queue")
STORES = {"postgres": OF_STORES, "redis": OF_REDIS, "receipts": OF_STORES}
"""Of which a message costs something; presence and queue do not hear of it."""


def tables(runs: Sequence[Run], readings: Sequence[Reading]) -> str:
    """Return all of them.

    Raises:
        ValueError: as ``fitted``.
    """
    talking = [each for each in runs if each.messages]
    silent = [each for each in runs if not each.messages]
    of_chat = fitted([seen for each in runs for seen in each.of_chat()], OF_CHAT)
    fits = [("a process of chat", OF_CHAT, of_chat)] + [
        (name, terms, fitted([each.of_store(name) for each in runs], terms))
        for name, terms in STORES.items()
    ]
    return "\n\n".join(
        [
            titled("CPU ms a message", _costs([each for each in talking if not each.load.on_one])),
            titled("% of a core, nobody writes", _idle(silent)),
            titled(
                "everybody on the first process: ms a message, % of a core",
                _along([each for each in talking if each.load.on_one]),
            ),
            titled("read from the tail, in full reads, for nobody here", _readings(readings)),
            *(titled(f"{name}: µs for", _model(terms, fit)) for name, terms, fit in fits),
        ]
    )


def _costs(runs: Sequence[Run]) -> Iterator[list[str]]:
    yield ["", "of chat", *GROUPS, "all", "messages a transaction", "each of chat"]
    names = list(dict.fromkeys(each.load.name for each in runs))
    for run in sorted(runs, key=lambda each: names.index(each.load.name)):
        cost = {name: 1000 * used / run.messages for name, used in run.cpu_s.items()}
        yield [
            run.load.name,
            str(run.processes),
            *(f"{cost[name]:.3f}" for name in GROUPS),
            f"{sum(cost[name] for name in GROUPS):.3f}",
            f"{1 / run.transactions:.1f}",
            " ".join(f"{cost[name]:.3f}" for name in run.chat_names),
        ]


def _idle(runs: Sequence[Run]) -> Iterator[list[str]]:
    yield ["", "of chat", *GROUPS, "all"]
    for run in runs:
        busy = {name: _busy(run, name) for name in GROUPS}
        yield [
            run.load.name,
            str(run.processes),
            *(f"{each:.1f}" for each in busy.values()),
            f"{sum(busy.values()):.1f}",
        ]


def _along(runs: Sequence[Run]) -> Iterator[list[str]]:
    """Tell what a process does that has nobody: it reads along."""
    for run in runs:
        for name in run.chat_names:
            cost = 1000 * run.cpu_s[name] / run.messages
            yield [run.load.name, name, f"{cost:.3f}", f"{_busy(run, name):.1f}"]


def _readings(readings: Sequence[Reading]) -> Iterator[list[str]]:
    yield ["", "bytes", "µs of each process"]
    for each in readings:
        cost = " ".join(f"{cpu_us:.1f}" for cpu_us in each.cpu_us)
        yield [each.name, str(each.entry_bytes), cost]


def _busy(run: Run, name: str) -> float:
    return 100 * run.cpu_s[name] / run.outcome.window_s


def _model(terms: Sequence[Term], fit: Fit) -> Iterator[list[str]]:
    for term, cost_us in zip(terms, fit.costs_us, strict=True):
        yield [term.name, f"{cost_us:.1f}"]
    yield ["errs at most, of a core", f"{fit.worst_ms / 10:.1f} %"]
