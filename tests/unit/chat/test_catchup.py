import datetime as dt

from hypothesis import given, strategies as st

from services.chat.domain.catchup import (
    OBLIGATION,
    SYNC_MESSAGES,
    SYNC_ROOM_MESSAGES,
    TRUNCATED_MESSAGES,
    Missing,
    Position,
    missing,
)

NOW = dt.datetime(2026, 1, 8, tzinfo=dt.UTC)
RECENT = NOW - dt.timedelta(hours=1)
LONG_AGO = NOW - OBLIGATION - dt.timedelta(seconds=1)


def position(
    *, cursor: int = 0, floor: int = 0, last_seq: int = 10, next_at: dt.datetime | None = RECENT
) -> Position:
    return Position(room="r", cursor=cursor, floor=floor, last_seq=last_seq, next_at=next_at)


def missed(where: Position, *, budget: int = SYNC_MESSAGES) -> Missing:
    return missing(where, now=NOW, budget=budget)


def test_everything_above_the_cursor_is_missing():
    found = missed(position(cursor=4))

    assert (found.first_seq, found.last_seq, found.has_more) == (5, 10, False)


def test_nothing_is_missing_at_the_head():
    found = missed(position(cursor=10, next_at=None))

    assert found.first_seq > found.last_seq
    assert not found.has_more


def test_a_member_who_joined_later_reads_nothing_from_before():
    found = missed(position(cursor=0, floor=7))

    assert (found.first_seq, found.last_seq) == (8, 10)


def test_one_room_brings_a_bounded_number_and_says_that_there_is_more():
    found = missed(position(last_seq=SYNC_ROOM_MESSAGES + 1))

    assert (found.first_seq, found.last_seq) == (1, SYNC_ROOM_MESSAGES)
    assert found.has_more


def test_a_used_up_budget_brings_nothing_and_says_that_there_is_more():
    found = missed(position(cursor=4), budget=0)

    assert (found.first_seq, found.last_seq, found.has_more) == (5, 4, True)


def test_after_a_week_only_the_newest_come():
    found = missed(position(last_seq=500, next_at=LONG_AGO))

    assert found.truncated
    assert (found.first_seq, found.last_seq) == (500 - TRUNCATED_MESSAGES + 1, 500)


def test_a_message_that_is_exactly_a_week_old_is_still_owed():
    found = missed(position(last_seq=500, next_at=NOW - OBLIGATION))

    assert not found.truncated


@given(
    cursor=st.integers(0, 3000),
    floor=st.integers(0, 3000),
    last_seq=st.integers(0, 3000),
    budget=st.integers(0, SYNC_MESSAGES),
    old=st.booleans(),
)
def test_an_answer_never_shows_what_is_forbidden_or_held_nor_exceeds_its_bounds(
    cursor, floor, last_seq, budget, old
):
    found = missed(
        position(
            cursor=cursor,
            floor=min(floor, last_seq),
            last_seq=last_seq,
            next_at=LONG_AGO if old else RECENT,
        ),
        budget=budget,
    )

    assert found.first_seq > cursor
    assert found.first_seq > min(floor, last_seq)
    assert found.last_seq <= last_seq
    assert found.last_seq - found.first_seq + 1 <= min(SYNC_ROOM_MESSAGES, budget)
    assert found.has_more == (found.last_seq < last_seq)
