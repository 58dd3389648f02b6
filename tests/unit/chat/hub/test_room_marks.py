"""What is known of a room's watermarks, what was told, and who is told what."""

import pytest
from msgspec import UNSET

from libs.common.events import Advance
from services.chat.hub.marks import SMALL_ROOM, News, RoomMarks
from services.chat.selectors.marks import MarksRead, MemberMarks

ROOM = "room"
OWN_SESSION, OTHER_SESSION = "theirs", "another"


def heard(user, delivered, read, *, shown=None, at_ms=1, **more):
    return News.of(
        Advance(
            room=ROOM,
            user=user,
            delivered_seq=delivered,
            read_seq=read,
            shown_read_seq=read if shown is None else shown,
            at_ms=at_ms,
            **more,
        )
    )


def rows(marks, *, version=1, is_direct=False):
    return MarksRead(
        room=ROOM,
        is_direct=is_direct,
        version=version,
        marks_version=0,
        members=[
            MemberMarks(user=user, delivered_seq=delivered, read_seq=read, shown_read_seq=shown)
            for user, (delivered, read, shown) in marks.items()
        ],
    )


def room_of(*users, is_direct=False, **told):
    """Return the marks of a room that was read, with nothing but the lowest told of it."""
    marks = RoomMarks(ROOM)
    marks.begin_reading()
    found = rows(dict.fromkeys(users, (0, 0, 0)) | told, is_direct=is_direct)
    marks.read(found, asked_version=1)
    marks.hear(heard(users[0], 0, 0))
    marks.take(now_ms=0)
    return marks


def crowd():
    return [f"user {number:02}" for number in range(SMALL_ROOM + 8)]


def told(telling, user, session=OTHER_SESSION):
    """Return what a session is told: by user (delivered, read), None where it is nothing."""
    live = telling and telling.to(user, session)
    if live is None:
        return None
    members = live.status.members
    return (
        None
        if members is UNSET
        else {mark.user: (mark.delivered_seq, mark.read_seq) for mark in members}
    )


def test_who_advanced_is_told_to_everybody_but_to_the_session_that_said_so():
    marks = room_of("ann", "bob")

    marks.hear(heard("bob", 5, 3, session=OWN_SESSION))
    telling = marks.take(now_ms=0)

    assert told(telling, "ann") == told(telling, "bob") == {"bob": (5, 3)}
    assert told(telling, "bob", OWN_SESSION) is None
    assert told(telling, "stranger") is None


def test_a_session_is_told_what_others_said_beside_its_own():
    marks = room_of("ann", "bob", "cat")

    marks.hear(heard("bob", 5, 3, session=OWN_SESSION))
    marks.hear(heard("cat", 4, 4))
    telling = marks.take(now_ms=0)

    assert told(telling, "bob", OWN_SESSION) == {"bob": (5, 3), "cat": (4, 4)}


def test_what_two_sessions_of_a_user_said_is_told_to_both():
    marks = room_of("ann", "bob")

    marks.hear(heard("bob", 5, 0, session=OWN_SESSION))
    marks.hear(heard("bob", 5, 3, session=OTHER_SESSION))
    telling = marks.take(now_ms=0)

    assert told(telling, "bob", OWN_SESSION) == told(telling, "bob") == {"bob": (5, 3)}


def test_what_was_told_is_not_told_again_and_what_is_older_changes_nothing():
    marks = room_of("ann", "bob")
    marks.hear(heard("bob", 5, 3))
    marks.take(now_ms=0)

    marks.hear(heard("bob", 5, 3))
    marks.hear(heard("bob", 2, 2))

    assert marks.take(now_ms=0) is None


def test_what_a_reading_shows_already_is_told_when_it_is_heard():
    marks = RoomMarks(ROOM)
    marks.begin_reading()
    marks.read(rows({"ann": (0, 0, 0), "bob": (5, 3, 3)}), asked_version=1)

    marks.hear(heard("bob", 5, 3))

    assert told(marks.take(now_ms=0), "ann") == {"bob": (5, 3)}


def test_a_reading_that_is_older_than_what_was_heard_takes_nothing_back():
    marks = room_of("ann", "bob")
    marks.hear(heard("bob", 5, 3))
    marks.take(now_ms=0)

    marks.begin_reading()
    marks.read(rows({"ann": (0, 0, 0), "bob": (2, 0, 0)}, version=2), asked_version=2)
    marks.hear(heard("ann", 1, 1))

    assert marks.members["bob"][1:] == (5, 3, 3)


def test_a_reporter_is_told_what_a_reading_showed_beyond_its_report():
    marks = RoomMarks(ROOM)
    marks.begin_reading()
    marks.read(rows({"ann": (0, 0, 0), "bob": (7, 7, 7)}), asked_version=1)

    marks.hear(heard("bob", 5, 3, session=OWN_SESSION))

    assert told(marks.take(now_ms=0), "bob", OWN_SESSION) == {"bob": (7, 7)}


def test_of_private_reading_only_ones_own_other_sessions_hear():
    marks = room_of("ann", "bob")
    marks.hear(heard("bob", 5, 0))
    marks.take(now_ms=0)

    marks.hear(heard("bob", 5, 4, shown=0, session=OWN_SESSION, is_hidden=True))
    telling = marks.take(now_ms=0)

    assert told(telling, "ann") is None
    assert told(telling, "bob") == {"bob": (5, 4)}
    assert told(telling, "bob", OWN_SESSION) is None


def test_beside_others_a_private_reader_sees_the_true_mark_and_they_the_shown_one():
    marks = room_of("ann", "bob")

    marks.hear(heard("ann", 1, 1))
    marks.hear(heard("bob", 5, 4, shown=2))
    telling = marks.take(now_ms=0)

    assert told(telling, "ann") == {"ann": (1, 1), "bob": (5, 2)}
    assert told(telling, "bob") == {"ann": (1, 1), "bob": (5, 4)}


def test_the_time_told_is_that_of_the_advance_that_others_may_see():
    marks = room_of("ann", "bob")

    marks.hear(heard("bob", 5, 0, at_ms=1_000))
    marks.hear(heard("bob", 5, 4, shown=0, at_ms=2_000, is_hidden=True))
    telling = marks.take(now_ms=0)

    assert [telling.to(user, OTHER_SESSION).status.members[0].at for user in ("ann", "bob")] == [
        "1970-01-01T00:00:01.000Z",
        "1970-01-01T00:00:02.000Z",
    ]


def test_all_who_get_the_same_get_one_encoding():
    marks = room_of("ann", "bob", "cat")

    marks.hear(heard("bob", 5, 3))
    telling = marks.take(now_ms=0)

    assert telling.to("ann", "one").text is telling.to("cat", "two").text


def test_in_a_direct_room_each_sees_the_other_one_as_lowest():
    marks = room_of("ann", "bob", is_direct=True)

    marks.hear(heard("bob", 5, 3))
    telling = marks.take(now_ms=0)

    assert [
        [entry.user for entry in telling.to(user, OTHER_SESSION).status.lowest]
        for user in ("ann", "bob")
    ] == [["bob"], ["ann"]]


def test_in_a_large_room_others_hear_only_when_the_lowest_are_others():
    users = crowd()
    marks = room_of(*users, **{"user 39": (9, 9, 9)})

    marks.hear(heard("user 39", 10, 10, session=OWN_SESSION))
    ahead = marks.take(now_ms=0)
    marks.hear(heard("user 00", 1, 1, session=OWN_SESSION))
    behind = marks.take(now_ms=0)

    assert ahead.to("user 01", OTHER_SESSION) is None
    assert ahead.to("user 39", OWN_SESSION) is None
    assert told(ahead, "user 39") == {"user 39": (10, 10)}
    assert behind.to("user 01", OTHER_SESSION).status.members is UNSET
    assert told(behind, "user 00") == {"user 00": (1, 1)}


def test_the_first_telling_of_a_large_room_goes_to_its_reporter_too():
    users = crowd()
    marks = RoomMarks(ROOM)
    marks.begin_reading()
    marks.read(rows(dict.fromkeys(users, (3, 3, 3))), asked_version=1)

    marks.hear(heard("user 00", 9, 9, session=OWN_SESSION))

    telling = marks.take(now_ms=0)
    assert telling is not None
    assert telling.to("user 00", OWN_SESSION) is not None


@pytest.mark.parametrize("is_known", [False, True])
def test_of_a_stranger_is_told_nothing_before_the_members_were_read_again(is_known):
    marks = room_of("ann", "bob")

    marks.hear(heard("cat", 5, 3))
    needed = marks.needs_reading(1)
    marks.begin_reading()
    found = {"ann": (0, 0, 0), "bob": (0, 0, 0)} | ({"cat": (0, 0, 0)} if is_known else {})
    marks.read(rows(found), asked_version=1)

    assert needed
    assert not marks.needs_reading(1)
    assert told(marks.take(now_ms=0), "ann") == ({"cat": (5, 3)} if is_known else {})


def test_who_is_heard_of_for_the_first_time_while_it_is_read_is_read_again():
    marks = room_of("ann", "bob")

    marks.begin_reading()
    marks.hear(heard("cat", 5, 3))
    marks.read(rows({"ann": (0, 0, 0), "bob": (0, 0, 0)}), asked_version=1)

    assert marks.needs_reading(1)


def test_a_reading_is_needed_for_a_newer_version_and_not_for_ever():
    marks = room_of("ann", "bob")

    before = marks.needs_reading(1), marks.needs_reading(2)
    marks.begin_reading()
    marks.read(rows({"ann": (0, 0, 0)}, version=1), asked_version=2)

    assert before == (False, True)
    assert not marks.needs_reading(2)


def test_what_is_doubted_is_told_anew_to_everybody_with_the_time_of_the_doubt():
    marks = room_of("ann", "bob")
    marks.hear(heard("bob", 5, 3))
    marks.take(now_ms=0)

    marks.doubt()
    needed = marks.needs_reading(1)
    marks.begin_reading()
    marks.read(rows({"ann": (2, 2, 2), "bob": (4, 4, 4)}), asked_version=1)
    telling = marks.take(now_ms=3_000)

    assert needed
    assert told(telling, "ann") == {"ann": (2, 2), "bob": (5, 4)}
    assert telling.to("ann", OTHER_SESSION).status.members[0].at == "1970-01-01T00:00:03.000Z"
    assert not marks.has_news


def test_of_a_room_that_is_gone_nothing_is_told():
    marks = room_of("ann", "bob")
    marks.hear(heard("bob", 5, 3))

    marks.begin_reading()
    marks.read(None, asked_version=2)
    telling = marks.take(now_ms=0)

    assert (told(telling, "ann"), marks.needs_reading(2)) == (None, False)


def test_a_newcomer_is_told_what_was_heard_lately_in_a_large_room_of_themselves_only():
    few, users = room_of("ann", "bob", "cat"), crowd()
    many = room_of(*users)
    recent = {"bob": heard("bob", 5, 3), "user 00": heard("user 00", 7, 7, shown=2)}
    for marks in (few, many):
        for news in recent.values():
            marks.know(news.mark)

    seen = few.for_newcomer("ann", recent).status
    own = many.for_newcomer("user 00", recent).status
    other = many.for_newcomer("user 01", recent).status

    assert [(mark.user, mark.read_seq) for mark in seen.members] == [("bob", 3)]
    assert [(mark.user, mark.read_seq) for mark in own.members] == [("user 00", 7)]
    assert other.members is UNSET
    assert few.for_newcomer("stranger", recent) is None
