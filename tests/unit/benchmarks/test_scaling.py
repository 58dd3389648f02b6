"""What is made of the same load with one, two and more processes of chat."""

from collections import Counter
from itertools import product

import pytest

from benchmarks.load.outcome import Outcome
from benchmarks.load.tally import Tally
from benchmarks.scaling.fit import (
    OF_CHAT,
    OF_REDIS,
    Observation,
    Volume,
    fitted,
    least_squares,
)
from benchmarks.scaling.reading import Reading
from benchmarks.scaling.runs import Load, Run, loads
from benchmarks.scaling.tables import tables
from benchmarks.scenarios.pairs import Pairs
from benchmarks.scenarios.rooms import Rooms

COSTS_US = (16_000, 20, 400, 150, 25, 60, 40)
"""Of the terms of chat, made up."""
SECONDS = 10.0
COUNTS = (1, 2, 3)
DONE = ((0, 0.0, 0), (500, 0.9, 1), (1000, 0.2, 1), (100, 1.0, 49), (250, 0.6, 49))
"""Messages a second, transactions a message, and deliveries a message: rooms have one more."""


def volume(share, *, messages, transactions, deliveries):
    return Volume(
        people=1000 * share,
        messages=messages * share,
        seen=messages * min(1, share * (deliveries + 1)),
        transactions=messages * transactions * share,
        deliveries=messages * deliveries * share,
    )


def observation(processes, done, *, share=None, costs_us=COSTS_US, terms=OF_CHAT):
    """Return what one process would use, if the costs were the truth."""
    did = dict(zip(("messages", "transactions", "deliveries"), done, strict=True))
    seen = Observation(
        own=volume(1 / processes if share is None else share, **did),
        suite=volume(1, **did),
        processes=processes,
        cpu_ms=0,
    )
    used_us = sum(cost * term.times(seen) for cost, term in zip(costs_us, terms, strict=True))
    return Observation(own=seen.own, suite=seen.suite, processes=processes, cpu_ms=used_us / 1000)


def run(processes, done, *, on_one=False, busy=(("postgres", 2.0), ("redis", 0.5))):
    """Return a run in which chat used what the costs say."""
    per_s, transactions, deliveries = done
    shares = [1.0, *[0.0] * (processes - 1)] if on_one else [1 / processes] * processes
    chat = {
        f"chat {place + 1}": observation(processes, done, share=share).cpu_ms * SECONDS / 1000
        for place, share in enumerate(shares)
    }
    others = dict.fromkeys(("receipts", "presence", "queue"), 0.1)
    acked = round(per_s * SECONDS)
    outcome = Outcome(
        tally=Tally(after=Counter({"acked": acked, "received": acked * deliveries})),
        window_s=SECONDS,
        cpu_s={**chat, **others, **dict(busy)},
        load_cpu_s=0.0,
        at_rest_kib={},
        ready_kib={},
    )
    scenario = Pairs() if deliveries == 1 else Rooms()
    load = Load(name=f"{done}", scenario=scenario, on_one=on_one)
    return Run(processes=processes, load=load, transactions=transactions, outcome=outcome)


def test_costs_that_are_known_are_found_again():
    seen = [observation(*each) for each in product(COUNTS, DONE)]
    seen.append(observation(2, DONE[1], share=0))

    fit = fitted(seen, OF_CHAT)

    assert fit.costs_us == pytest.approx(COSTS_US)
    assert fit.worst_ms == pytest.approx(0, abs=1e-9)


def test_whole_numbers_are_found_to_the_last_digit():
    rows = [[1, 10**9, 3], [1, 2, 10**6], [4, 5, 6], [7, 8, 10]]

    found = least_squares(rows, [each[0] * 7 - each[1] * 2 + each[2] for each in rows])

    assert found == [7, -2, 1]


def test_what_no_line_meets_is_met_in_the_middle():
    assert least_squares([[1], [1], [1]], [1, 2, 6]) == [3]


@pytest.mark.parametrize(
    ("counts", "terms"), [((1,), OF_CHAT), ((1,), OF_REDIS), ((3,), OF_CHAT), ((), OF_CHAT)]
)
def test_one_count_of_processes_tells_nothing(counts, terms):
    seen = [
        observation(*each, costs_us=COSTS_US[: len(terms)], terms=terms)
        for each in product(counts, DONE)
    ]

    with pytest.raises(ValueError, match="measured"):
        fitted(seen, terms)


def test_the_model_errs_by_what_is_beside_it():
    seen = [observation(*each) for each in product(COUNTS, DONE)]
    seen += [observation(2, DONE[1], share=0)] * 2
    last = seen[-1]
    seen[-1] = Observation(own=last.own, suite=last.suite, processes=2, cpu_ms=last.cpu_ms + 100)

    assert 0 < fitted(seen, OF_CHAT).worst_ms <= 100


def test_who_is_on_one_process_is_not_on_the_others():
    first, other = run(2, DONE[1], on_one=True).of_chat()

    assert (first.own, other.own.messages, other.own.people) == (first.suite, 0, 0)
    assert other.suite.messages == 500


def test_the_tables_tell_each_load_with_each_count_and_the_costs():
    runs = [run(*each) for each in product(COUNTS, DONE)]
    runs.append(run(2, DONE[1], on_one=True))

    read = Reading(name="a message", entry_bytes=600, cpu_us=(12.5, 13.5))

    told = " ".join(tables(runs, [read]).split())

    assert told.count(f"{DONE[2]}") == len(COUNTS)
    assert "a message of its people 150.0" in told
    assert "a message 600 12.5 13.5" in told


def test_every_load_has_a_name_of_its_own():
    names = [each.name for each in loads(1.0)]

    assert len(names) == len(set(names))
