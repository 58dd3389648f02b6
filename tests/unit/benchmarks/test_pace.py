"""The open loop: each thing is done once, and told when it was due."""

from time import monotonic_ns

import pytest

from benchmarks.load.pace import NS_PER_S, pace, until

RATE = 1000.0
MS = NS_PER_S // 1000


@pytest.mark.parametrize("late_ms", [0, 500], ids=["on time", "late"])
async def test_everything_that_is_due_is_done_once_and_told_when_it_was_due(late_ms):
    done: list[int] = []
    begin_ns = monotonic_ns() - late_ms * MS

    await pace(done.append, rate_per_s=RATE, begin_ns=begin_ns, end_ns=begin_ns + 20 * MS)

    assert done == [begin_ns + number * MS for number in range(20)]


async def test_nothing_is_done_before_it_is_due():
    early = []
    begin_ns = monotonic_ns() + MS

    await pace(
        lambda due_ns: early.append(due_ns) if monotonic_ns() < due_ns else None,
        rate_per_s=RATE,
        begin_ns=begin_ns,
        end_ns=begin_ns + 10 * MS,
    )

    assert early == []


async def test_a_rate_that_divides_nothing_evenly_does_not_drift():
    done: list[int] = []
    begin_ns = monotonic_ns() - NS_PER_S

    await pace(done.append, rate_per_s=333, begin_ns=begin_ns, end_ns=begin_ns + NS_PER_S)

    assert len(done) == 333
    assert done[-1] == begin_ns + int(332 * NS_PER_S / 333)


async def test_waiting_ends_as_soon_as_it_is_so():
    looks = iter([False, True])

    await until(lambda: next(looks), within_s=60.0)

    assert next(looks, "none left") == "none left"
