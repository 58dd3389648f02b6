"""Everything that is left over is found, and so is what has grown."""

import pytest

from tests.faults.judging.leftovers import Leftovers, Usage, grown, left_over

BEFORE = Usage(files=50, memory_mib=80.0, backends=5)


def test_nothing_is_nothing():
    assert left_over(Leftovers(outbox={"chat": 0}, pending={"chat.events receipts": 0})) == []


@pytest.mark.parametrize("kind", ["outbox", "waiting", "pending", "unread", "dead", "transactions"])
def test_each_kind_of_leftover_is_found(kind):
    (found,) = left_over(Leftovers(**{kind: {"somewhere": 3, "elsewhere": 0}}))

    assert found.startswith("left over: 3 ")


def test_a_little_more_is_no_growth():
    after = Usage(files=60, memory_mib=100.0, backends=9)

    assert grown({"chat": BEFORE}, {"chat": after}) == []


@pytest.mark.parametrize(
    "after",
    [
        Usage(files=200, memory_mib=80.0, backends=5),
        Usage(files=50, memory_mib=300.0, backends=5),
        Usage(files=50, memory_mib=80.0, backends=40),
    ],
)
def test_growth_is_found(after):
    (found,) = grown({"chat": BEFORE}, {"chat": after})

    assert found.startswith("chat has")
