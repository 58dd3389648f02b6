"""The checker finds each kind of broken promise, and has nothing to say of a good history."""

import datetime as dt

import pytest

from tests.faults.judging.history import (
    Acked,
    Admitting,
    Excluded,
    Fetched,
    GaveUp,
    History,
    Invoked,
    Opened,
    Paged,
    Received,
    Refused,
    StoredMessage,
    Unknown,
)
from tests.faults.judging.messages import check, missed

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def row(seq, client_id, *, content="hi", at_s=None):
    created_at = NOON + dt.timedelta(seconds=seq if at_s is None else at_s)
    return StoredMessage("room", seq, "ann", client_id, content, created_at)


def invoked(client_id, *, line=""):
    return Invoked("room", "ann", client_id, "hi", line)


def paged(after, *seqs, asked=0):
    return Paged("eve", "room", after, seqs, asked)


def received(seq, client_id, *, session="s1", content="hi"):
    return Received(session, "room", seq, "ann", client_id, content)


GOOD = [
    Opened("s1", {"room": 0}),
    invoked("a"),
    Acked("a", 1),
    received(1, "a"),
    invoked("b"),
    Unknown("b"),
    invoked("c"),
    Refused("c"),
    received(2, "b"),
    Opened("s2", {"room": 2}),
    paged(0, 1, 2, asked=9),
    paged(2, asked=9),
    paged(0, asked=1),  # asked before anything was acknowledged
]
ROWS = [row(1, "a"), row(2, "b")]


AGAIN = [
    *[Opened("eve's", {"room": 0}, "eve"), *map(invoked, "abcd")],
    received(1, "a", session="eve's"),
    Excluded("room", "eve"),
    Admitting("room", "eve"),  # she was not told that she was out
    received(4, "d", session="eve's"),
]
AGAIN_ROWS = [row(seq, client_id) for seq, client_id in enumerate("abcd", start=1)]


def test_a_good_history_breaks_no_promise():
    assert check(History(GOOD), ROWS, {"room": 2}) == []
    assert check(History(AGAIN), AGAIN_ROWS, {"room": 4}) == []


@pytest.mark.parametrize(
    ("notes", "rows", "head", "complaint"),
    [
        (GOOD[:5], [], 0, "acknowledged and lost"),
        ([invoked("a"), GaveUp("a", is_queued=True)], [], 0, "taken by the queue and lost"),
        ([invoked("a"), Acked("a", 2)], [row(1, "a")], 1, "acknowledged as 2, stored as 1"),
        ([invoked("a")], [row(1, "a"), row(2, "a")], 2, "stored 2 times"),
        ([invoked("a")], [row(2, "a")], 2, "lacks [1]"),
        ([invoked("a")], [row(1, "a")], 2, "lacks [2]"),
        ([], [row(1, "a")], 1, "nobody sent it"),
        ([invoked("a")], [row(1, "a", content="ho")], 1, "nobody sent it"),
        ([invoked("a"), Refused("a")], [row(1, "a")], 1, "refused for certain"),
        (
            [invoked("a"), Acked("a", 2), invoked("b")],
            [row(1, "b"), row(2, "a")],
            2,
            "below the earlier 2",
        ),
        (
            [invoked("a"), invoked("b")],
            [row(1, "a", at_s=2), row(2, "b", at_s=1)],
            2,
            "created_at goes back",
        ),
        (
            [invoked("a", line="1"), invoked("b", line="1"), Acked("b", 1), Acked("a", 2)],
            [row(1, "b"), row(2, "a")],
            2,
            "was sent behind 2",
        ),
        (
            [invoked("a", line="1"), invoked("b", line="1"), Acked("b", 1), Unknown("a")],
            [row(1, "b"), row(2, "a")],
            2,
            "was sent behind 2",
        ),
        ([*GOOD, paged(0, 2)], ROWS, 2, "a late insert"),
        ([*GOOD, paged(1, 3)], ROWS, 2, "a late insert"),
        ([*GOOD, paged(0, 1, 1)], ROWS, 2, "a late insert"),
        (
            [*GOOD, Acked("b", 2), paged(0, 1, asked=len(GOOD) + 1)],
            ROWS,
            2,
            "had been acknowledged",
        ),
        ([*GOOD, received(3, "d", session="s2")], ROWS, 2, "stored None"),
        ([*GOOD, received(1, "a", session="new", content="ho")], ROWS, 2, "received"),
        ([*GOOD, received(2, "b")], ROWS, 2, "got 2 of room, not 3"),
        ([*AGAIN[:-3], AGAIN[-1]], AGAIN_ROWS, 4, "got 4 of room, not 2"),
        ([*AGAIN[:-3], *AGAIN[-2:]], AGAIN_ROWS, 4, "got 4 of room, not 2"),
        (
            [*AGAIN[:-1], Opened("eve's", {"room": 2}, "eve"), AGAIN[-1]],
            AGAIN_ROWS,
            4,
            "got 4 of room, not 3",
        ),
        ([*AGAIN, received(4, "d", session="eve's")], AGAIN_ROWS, 4, "got 4 of room, not 5"),
        ([*GOOD, received(2, "b", session="chat")], ROWS, 2, "got 2 of room, not 1"),
        ([*GOOD, received(2, "b", session="s2")], ROWS, 2, "got 2 of room, not 3"),
    ],
)
def test_a_broken_promise_is_found(notes, rows, head, complaint):
    broken = check(History(notes), rows, {"room": head})

    assert any(complaint in sentence for sentence in broken), broken


def test_what_somebody_never_got_is_found_over_all_their_sessions():
    sessions = [received(1, "a", session="eve 1"), received(3, "c", session="eve 2")]
    history = History([*sessions, Fetched("eve", "room", 4, "d"), Fetched("ann", "room", 2, "b")])

    assert missed(history, "eve", {"room": 4}) == ["eve never got 2 of room"]
    assert missed(history, "ann", {"room": 0}) == []
