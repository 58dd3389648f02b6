import pytest

from libs.common.events import RoomMember, RoomSnapshot
from services.receipts.domain.drift import (
    CHAT_DELIVERED,
    CHAT_MEMBERS,
    CHAT_READ,
    CHAT_ROOM,
    CHAT_SHOWN,
    LOG_ABOVE,
    LOG_BELOW,
    Case,
    chat_cases,
    log_cases,
)
from services.receipts.domain.watermarks import Watermarks

ANN = ("room", "ann")


def marks(delivered_seq, read_seq, shown_read_seq):
    return Watermarks(delivered_seq=delivered_seq, read_seq=read_seq, shown_read_seq=shown_read_seq)


def told(delivered_seq, read_seq, shown_read_seq=None, *, user="ann"):
    member = RoomMember(
        user=user,
        role="member",
        joined_seq=0,
        delivered_seq=delivered_seq,
        read_seq=read_seq,
        shown_read_seq=shown_read_seq,
    )
    return {"room": RoomSnapshot(room="room", version=1, last_seq=9, members=[member])}


@pytest.mark.parametrize(
    ("logged", "cases"),
    [
        (marks(5, 4, 3), set()),
        (marks(6, 4, 3), {Case(LOG_ABOVE, *ANN, 5, 6)}),
        (marks(5, 5, 3), {Case(LOG_ABOVE, *ANN, 4, 5)}),
        (marks(5, 4, 4), {Case(LOG_ABOVE, *ANN, 3, 4)}),
        (marks(4, 4, 3), {Case(LOG_BELOW, *ANN, 5, 4)}),
        (marks(5, 3, 3), {Case(LOG_BELOW, *ANN, 4, 3)}),
        (marks(5, 4, 2), {Case(LOG_BELOW, *ANN, 3, 2)}),
    ],
)
def test_the_newest_in_the_log_is_the_watermark(logged, cases):
    assert log_cases(ANN, marks(5, 4, 3), logged) == cases


@pytest.mark.parametrize(
    ("theirs", "cases"),
    [
        (told(5, 4, 3), set()),
        (told(6, 4, 3), {Case(CHAT_DELIVERED, *ANN, 5, 6)}),
        (told(5, 2, 2), {Case(CHAT_READ, *ANN, 4, 2), Case(CHAT_SHOWN, *ANN, 3, 2)}),
        (told(5, 4, 1), {Case(CHAT_SHOWN, *ANN, 3, 1)}),
        (told(5, 4), {Case(CHAT_SHOWN, *ANN, 3, 4)}),
        ({}, {Case(CHAT_ROOM, "room")}),
        (
            told(5, 4, 3, user="bob"),
            {Case(CHAT_MEMBERS, *ANN), Case(CHAT_MEMBERS, "room", "bob")},
        ),
    ],
)
def test_chat_has_the_same_members_with_the_same_watermarks(theirs, cases):
    assert chat_cases(["room"], {ANN: marks(5, 4, 3)}, theirs) == cases


def test_where_chat_tells_one_number_all_that_was_read_is_shown():
    assert chat_cases(["room"], {ANN: marks(5, 4, 4)}, told(5, 4)) == set()
