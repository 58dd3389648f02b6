"""The rule about members finds every leak that is sure, and nothing else."""

import datetime as dt

import pytest

from tests.faults.judging.history import (
    Acked,
    Admitting,
    Excluded,
    Fetched,
    History,
    Invoked,
    Opened,
    Received,
    StoredMessage,
)
from tests.faults.judging.membership import check


def invoked(client_id, *, room="room"):
    return Invoked(room, "ann", client_id, "hi")


def received(seq, client_id, *, session="s1", room="room"):
    return Received(session, room, seq, "ann", client_id, "hi")


BEGIN = [Admitting("room", "ann"), Opened("s1", {}, "bob"), invoked("a"), Acked("a", 1)]
GOOD = [
    *BEGIN,
    Admitting("room", "bob"),
    invoked("b"),
    received(2, "b"),
    received(2, "b", session="ann"),
    invoked("c"),  # under way while bob is removed: he may have got it, or not
    Excluded("room", "bob"),
    received(3, "c"),
    invoked("d"),
    Admitting("room", "bob"),
    received(4, "d"),  # perhaps it was written when he was back
    Fetched("bob", "room", 4, "d"),
    Acked("d", 4),
]


def test_who_is_a_member_and_who_may_have_been_one_gets_what_is_written():
    assert check(History(GOOD), []) == []


@pytest.mark.parametrize(
    "notes",
    [
        [*BEGIN, received(1, "a")],  # never a member
        [*BEGIN, Admitting("room", "bob"), received(1, "a")],  # written before, for certain
        [*GOOD, Excluded("room", "bob"), invoked("e"), received(5, "e")],
        [*GOOD, Excluded("room", "bob"), invoked("e"), received(5, "e", session="bob")],
        [*GOOD, Excluded("room", "bob"), invoked("e"), Fetched("bob", "room", 5, "e")],
        [
            *[*GOOD, Excluded("room", "bob"), invoked("e"), Acked("e", 5)],
            *[Admitting("room", "bob"), received(5, "e")],
        ],
    ],
)
def test_what_a_stranger_got_is_found(notes):
    (leak,) = check(History(notes), [])

    assert leak.startswith("bob was no member and got")


def test_rooms_whose_members_nobody_noted_are_not_judged():
    elsewhere = [invoked("x", room="hall"), received(1, "x", room="hall")]

    assert check(History([*GOOD, *elsewhere]), []) == []


WRITTEN = Invoked("room", "bob", "x", "hi")


@pytest.mark.parametrize(
    ("notes", "is_strange"),
    [
        ([*BEGIN, WRITTEN, Acked("x", 2)], True),
        ([*GOOD, WRITTEN, Acked("x", 5)], False),
        ([*GOOD, Excluded("room", "bob"), WRITTEN, Acked("x", 5)], True),
        ([*GOOD, WRITTEN, Excluded("room", "bob"), Acked("x", 5)], False),
        ([*GOOD, Excluded("room", "bob"), WRITTEN, Admitting("room", "bob"), Acked("x", 5)], False),
        ([*BEGIN, WRITTEN, Admitting("room", "bob")], False),  # nobody knows when it was written
    ],
)
def test_what_a_stranger_wrote_is_found(notes, is_strange):
    row = StoredMessage("room", 5, "bob", "x", "hi", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    broken = check(History(notes), [row])

    assert [text.startswith("bob was no member and wrote") for text in broken] == [
        True
    ] * is_strange
