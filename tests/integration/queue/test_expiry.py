"""What waits for a week expires, and finished rows go: by a clock of the test, on real tables."""

import uuid

import pytest

from libs.common.clock import to_wire
from libs.common.events import MissedRange
from services.queue.actions.expiry import sweep

ANN, BOB = sorted(str(uuid.uuid4()) for _ in range(2))
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@pytest.mark.promise(number=7)
async def test_what_nobody_received_in_seven_days_expires_and_is_counted(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 2, 5)
    await house.expire()
    await house.after(7 * DAY_S - 1)
    early = await house.expire()
    await house.after(HOUR_S + 1)
    late = await house.expire()

    status = await house.status(BOB)
    assert (early, late) == (0, 3)
    assert (status.incoming, status.expired_total) == (0, 3)
    assert house.rows("select ending from queued_message") == [("expired",)]


async def test_only_what_is_old_expires(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.expire()
    await house.after(DAY_S)
    await house.head(room, 12)
    await house.expire()
    await house.after(6 * DAY_S + 1.5 * HOUR_S)
    first = await house.expire()
    between = await house.status(BOB)
    await house.after(DAY_S)
    second = await house.expire()

    assert (first, between.incoming, between.expired_total) == (5, 7, 5)
    assert (second, (await house.status(BOB)).expired_total) == (7, 12)


async def test_what_expired_is_offered_to_nobody(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.expire()
    await house.after(8 * DAY_S)
    await house.expire()
    session = await house.session(BOB)

    assert await house.offered() == {session: []}


async def test_old_news_do_not_bring_it_back_but_new_messages_wait(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.expire()
    await house.after(8 * DAY_S)
    await house.expire()
    await house.lagging(room, BOB, 0, 5)
    before = (await house.status(BOB)).incoming
    await house.lagging(room, BOB, 0, 8)

    assert (before, (await house.status(BOB)).incoming) == (0, 3)


async def expired(house, room):
    """Let five messages to bob wait for a week, and some hours more."""
    await house.lagging(room, BOB, 0, 5)
    await house.expire()
    await house.after(8 * DAY_S)
    await house.expire()
    await house.after(2 * HOUR_S)
    await house.do(sweep)


async def test_what_is_written_after_all_has_expired_waits_again(house):
    room = await house.room(ANN, BOB)
    await expired(house, room)
    await house.head(room, 5)
    before = await house.status(BOB)
    await house.head(room, 7)  # receipts says no more: bob has lagged all the time

    status = await house.status(BOB)
    session = await house.session(BOB)

    assert (before.incoming, before.oldest_at) == (0, None)
    assert (status.incoming, status.expired_total) == (2, 5)
    assert status.oldest_at == to_wire(house.clock.now())
    assert await house.offered() == {session: [MissedRange(room, 5, 7)]}


async def test_a_session_that_is_open_all_the_time_is_offered_what_is_written_after_that(house):
    room = await house.room(ANN, BOB)
    session = await house.session(BOB)
    await expired(house, room)
    while await house.offered():
        await house.after(10)
    await house.head(room, 7)
    at_once = await house.offered()
    await house.after(2)

    assert at_once == {}
    assert await house.offered() == {session: [MissedRange(room, 5, 7)]}


async def test_who_caught_up_after_all_had_expired_does_not_lag_by_a_head(house):
    room = await house.room(ANN, BOB)
    await expired(house, room)
    await house.caught_up(room, BOB, 5)
    ending = house.rows("select ending from queued_message")
    await house.head(room, 7)

    assert (await house.status(BOB)).incoming == 0
    assert ending == [("received",)]
    assert await house.do(sweep) == 1


async def test_old_news_of_catching_up_do_not_end_what_expired(house):
    room = await house.room(ANN, BOB)
    await expired(house, room)
    await house.caught_up(room, BOB, 3)
    await house.head(room, 7)

    assert (await house.status(BOB)).incoming == 2


async def test_who_left_after_all_had_expired_does_not_lag_by_a_head(house):
    room = await house.room(ANN, BOB)
    await expired(house, room)
    await house.room(ANN, version=2, room=room)
    await house.head(room, 7)

    assert (await house.status(BOB)).incoming == 0
    assert house.rows("select ending from queued_message") == [("left",)]


async def test_what_expired_does_not_come_back_when_its_row_is_gone(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.expire()
    await house.after(8 * DAY_S)
    await house.expire()
    house.rows("delete from queued_message")
    await house.lagging(room, BOB, 0, 6)
    session = await house.session(BOB)

    assert await house.offered() == {session: [MissedRange(room, 5, 6)]}
    assert (await house.status(BOB)).expired_total == 5


async def test_of_marks_that_are_old_the_last_one_of_each_room_stays(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 1)
    for head in range(2, 30):
        await house.head(room, head)
        await house.expire()
        await house.after(8 * HOUR_S)
    await house.after(8 * DAY_S)
    await house.expire()

    assert house.rows("select head from head_mark") == [(29,)]


async def test_finished_rows_go_after_an_hour_and_dead_letters_later(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.caught_up(room, BOB, 5)
    await house.lagging(room, ANN, 0, 5)
    await house.after(HOUR_S - 1)
    early = await house.do(sweep)
    await house.after(2)

    assert (early, await house.do(sweep)) == (0, 1)
    assert house.rows("select recipient_id::text from queued_message") == [(ANN,)]


async def test_dead_letters_are_kept_for_a_month(house):
    room = await house.room(ANN, BOB)
    await house.queue(ANN, room)
    house.rows(
        "update queued_message set is_processed = true, ending = 'failed', finished_at = %s",
        house.clock.now(),
    )
    await house.after(29 * DAY_S)
    early = await house.do(sweep)
    await house.after(2 * DAY_S)

    assert (early, await house.do(sweep)) == (0, 1)
