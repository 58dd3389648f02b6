"""What is told of a room's watermarks, and to whom: above all of those who read in private."""

import pytest

from libs.common.events import Advance
from services.chat.frames.server import Lowest
from services.chat.hub.marks import News, RoomMarks
from services.chat.selectors.marks import MarksRead, MemberMarks

PHONE, DESK, HERS = "bob's phone", "bob's desk", "ann's"
NOW_MS = 1_000_000
PRIVATE_AT_MS = 2_000


def marks_read(*members):
    """What was read, of (user, delivered, read, shown)."""
    return MarksRead(
        room="room",
        is_direct=False,
        version=1,
        marks_version=1,
        members=[
            MemberMarks(user=user, delivered_seq=delivered, read_seq=read, shown_read_seq=shown)
            for user, delivered, read, shown in members
        ],
    )


def news(delivered, read, shown, *, hidden=False, at_ms=1_000, session=PHONE):
    return News.of(Advance("room", "bob", delivered, read, shown, at_ms, session, is_hidden=hidden))


HIDDEN = news(5, 4, 3, hidden=True, at_ms=PRIVATE_AT_MS)


@pytest.fixture(params=[0, 40], ids=["small", "large"])
def marks(request):
    """The marks of a room of Ann, Bob, who has received 5 and showed to have read 3, and others."""
    others = [(f"other {number}", 9, 9, 9) for number in range(request.param)]
    marks = RoomMarks("room")
    marks.begin_reading()
    marks.read(marks_read(("ann", 9, 9, 9), ("bob", 5, 3, 3), *others), asked_version=1)
    return marks


def told(telling, user, session):
    """Return the read_seq of Bob in a status; None where none was sent."""
    live = telling and telling.to(user, session)
    return live and {each.user: each.read_seq for each in live.status.members or ()}


def test_the_first_that_is_heard_of_somebody_is_not_told_where_it_is_private(marks):
    marks.hear(HIDDEN)

    telling = marks.take(now_ms=NOW_MS)

    assert told(telling, "ann", HERS) is None
    assert told(telling, "bob", DESK) == {"bob": 4}
    assert told(telling, "bob", PHONE) is None


def test_what_is_private_is_told_once(marks):
    marks.hear(HIDDEN)
    marks.take(now_ms=NOW_MS)

    marks.hear(HIDDEN)

    assert marks.take(now_ms=NOW_MS) is None


def test_what_others_may_know_is_told_though_it_comes_behind_what_is_private(marks):
    marks.hear(HIDDEN)
    marks.take(now_ms=NOW_MS)

    marks.hear(news(5, 3, 3))
    telling = marks.take(now_ms=NOW_MS)

    assert telling.shown["bob"].at == "1970-01-01T00:00:01.000Z"
    assert telling.to("ann", HERS) is not None


@pytest.mark.parametrize("order", [1, -1], ids=["private last", "private first"])
def test_the_time_of_what_is_private_is_not_told_with_the_rest(marks, order):
    for each in [news(5, 3, 3), HIDDEN][::order]:
        marks.hear(each)

    telling = marks.take(now_ms=NOW_MS)

    assert telling.shown["bob"].at == "1970-01-01T00:00:01.000Z"
    assert telling.shown["bob"].read_seq == 3
    assert telling.own["bob"].read_seq == 4


def test_who_comes_in_is_not_told_of_what_was_read_in_private_just_before(marks):
    recent = {"bob": HIDDEN}
    marks.know(HIDDEN.mark)

    assert marks.for_newcomer("ann", recent) is None
    assert [each.read_seq for each in marks.for_newcomer("bob", recent).status.members] == [4]


def met(user, read):
    return [Lowest(user=user, delivered_seq=5, read_seq=read)]


def test_what_a_session_was_told_by_newer_rows_is_not_taken_back(marks):
    marks.meet(met("bob", 5), "ann")
    marks.hear(news(5, 4, 4))

    telling = marks.take(now_ms=NOW_MS)

    assert told(telling, "ann", HERS) in ({"bob": 5}, {})
    assert {each.read_seq for each in marks.lowest_for("ann") if each.user == "bob"} == {5}


def test_what_was_told_while_rows_were_read_is_in_what_was_read():
    marks = RoomMarks("room")
    marks.begin_reading()
    marks.meet(met("bob", 5), "ann")

    marks.read(marks_read(("ann", 9, 9, 9), ("bob", 5, 3, 3)), asked_version=1)

    assert marks.members["bob"].shown_read_seq == 5


def test_what_one_sees_of_oneself_is_not_told_to_others(marks):
    marks.meet(met("bob", 5), "bob")

    assert marks.members["bob"].shown_read_seq == 3


def test_who_doubts_tells_everybody_even_of_whom_something_private_was_heard(marks):
    marks.hear(HIDDEN)
    marks.doubt()

    telling = marks.take(now_ms=NOW_MS)

    assert telling.shown["bob"].read_seq == 3
    assert telling.shown["bob"].at == "1970-01-01T00:16:40.000Z"


def test_where_only_private_reading_was_missed_nobody_else_is_told(marks):
    marks.hear(news(5, 3, 3))
    marks.take(now_ms=NOW_MS)
    marks.doubt(is_hidden=True)
    marks.begin_reading()
    now = [(each.user, each.delivered_seq, each.read_seq, 9) for each in marks.members.values()]
    now = [each if each[0] != "bob" else ("bob", 5, 4, 3) for each in now]
    marks.read(marks_read(*now), asked_version=1)

    telling = marks.take(now_ms=NOW_MS)

    assert told(telling, "ann", HERS) is None
    assert told(telling, "bob", DESK) == {"bob": 4}
