"""The rules about receipts find each kind of broken promise, and nothing in a good history."""

import datetime as dt

import pytest

from tests.faults.judging.history import Claimed, History, Kept, StoredMessage, Told
from tests.faults.judging.receipts import beyond_the_head, check

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
ROWS = [
    StoredMessage("room", seq, sender, f"c{seq}", "hi", NOON)
    for seq, sender in enumerate(["ann", "ann", "bob", "ann"], start=1)
]


def claimed(user, seq, *, is_read=False):
    return Claimed(user, "room", seq, is_read)


def told(member, delivered, read, *, session="s1"):
    return Told(session, "room", member, delivered, read)


def kept(member, delivered, read):
    return Kept("room", member, delivered, read)


GOOD = [
    told("ann", 2, 2),  # her own messages at the beginning
    claimed("bob", 2),
    told("bob", 3, 0),  # what he received, and his own behind it
    kept("bob", 3, 0),
    claimed("bob", 4, is_read=True),
    told("bob", 4, 4),
    told("bob", 3, 0, session="s2"),  # a session of its own
    claimed("ann", 4, is_read=True),
    kept("bob", 4, 4),
]
END = {("room", "ann"): (4, 4), ("room", "bob"): (4, 4)}


def test_a_good_history_breaks_no_promise():
    assert check(History(GOOD), ROWS, {"chat": END, "receipts": END}) == []


@pytest.mark.parametrize(
    ("notes", "end", "complaint"),
    [
        ([told("bob", 1, 0), *GOOD], END, "said without a reception"),
        ([kept("bob", 1, 0), *GOOD], END, "said without a reception"),
        ([*GOOD[:4], told("bob", 3, 3), *GOOD[4:]], END, "said without a reception"),
        ([*GOOD, told("bob", 5, 4)], END, "said without a reception"),
        ([*GOOD, told("ann", 3, 4)], END, "read and not delivered"),
        ([*GOOD, told("bob", 3, 0)], END, "went back"),
        ([*GOOD, told("bob", 4, 3)], END, "went back"),
        ([*GOOD, kept("bob", 4, 3)], END, "went back"),
        (GOOD, END | {("room", "bob"): (4, 3)}, "has (4, 3)"),
        (GOOD, END | {("room", "ann"): (2, 2)}, "has (2, 2)"),
        (GOOD[:-2], END, "ann'), claimed were (2, 2)"),
    ],
)
def test_a_broken_promise_is_found(notes, end, complaint):
    broken = check(History(notes), ROWS, {"receipts": end})

    assert any(complaint in sentence for sentence in broken), broken


def test_other_rooms_are_not_judged():
    stranger = Told("s1", "another room", "bob", 9, 9)

    assert check(History([*GOOD, stranger]), ROWS, {"receipts": END}) == []


def test_who_has_more_than_there_is_is_found():
    assert beyond_the_head({"chat": END}, {"room": 4}) == []
    assert len(beyond_the_head({"chat": END, "receipts": END}, {"room": 3})) == 4
