"""Who is behind, from what receipts and chat tell in whatever order: on real tables."""

import datetime as dt
import uuid

from hypothesis import HealthCheck, given, settings, strategies as st

from libs.common.clock import to_wire
from services.queue.actions.incoming import LagNews, queue_incoming_messages
from services.queue.domain.lag import Behind

ANN, BOB = sorted(str(uuid.uuid4()) for _ in range(2))
SEQS = st.integers(0, 9)
NEWS = st.lists(st.tuples(st.booleans(), SEQS, SEQS), min_size=1, max_size=6)


async def test_who_is_behind_has_one_row_however_much_they_miss(house):
    room = await house.room(ANN, BOB)
    for head in range(1, 6):
        await house.lagging(room, BOB, 0, head)
    await house.head(room, 1000)

    status = await house.status(BOB)

    assert (status.incoming, status.expired_total) == (1000, 0)
    assert house.rows("select count(*) from queued_message") == [(1,)]


async def test_what_is_left_waits_since_a_part_was_acknowledged(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    began = (await house.status(BOB)).oldest_at
    await house.after(60)
    await house.lagging(room, BOB, 0, 9)
    unmoved = (await house.status(BOB)).oldest_at
    await house.lagging(room, BOB, 3, 9)

    assert unmoved == began == to_wire(house.clock.now() - dt.timedelta(seconds=60))
    assert (await house.status(BOB)).oldest_at == to_wire(house.clock.now())


async def test_it_shrinks_as_they_receive_and_goes_with_the_last(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.lagging(room, BOB, 3, 5)
    before = (await house.status(BOB)).incoming

    await house.caught_up(room, BOB, 5)

    after = await house.status(BOB)
    assert (before, after.incoming, after.oldest_at) == (2, 0, None)
    assert house.rows("select is_processed, ending from queued_message") == [(True, "received")]


async def test_that_they_caught_up_may_come_first(house):
    room = await house.room(ANN, BOB)
    await house.caught_up(room, BOB, 5)
    await house.lagging(room, BOB, 2, 5)

    assert (await house.status(BOB)).incoming == 0


async def test_a_row_begins_anew_when_they_fall_behind_again(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.caught_up(room, BOB, 5)
    await house.after(60)
    await house.lagging(room, BOB, 5, 7)

    status = await house.status(BOB)
    ((ending, finished_at),) = house.rows("select ending, finished_at from queued_message")

    assert status.incoming == 2
    assert status.oldest_at == "2026-01-01T00:01:00.000Z"
    assert (ending, finished_at) == ("", None)


async def test_a_head_alone_makes_nobody_lag(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.caught_up(room, BOB, 5)
    await house.head(room, 9)

    assert (await house.status(BOB)).incoming == 0


async def test_nothing_waits_for_whoever_is_no_member(house):
    room = await house.room(ANN)
    await house.lagging(room, BOB, 0, 5)

    assert house.rows("select count(*) from queued_message") == [(0,)]


async def test_rooms_that_chat_has_not_told_of_yet_are_believed_in(house):
    await house.lagging(str(uuid.uuid4()), BOB, 0, 5)

    assert (await house.status(BOB)).incoming == 5


async def test_what_waits_for_somebody_who_leaves_ends(house):
    room = await house.room(ANN, BOB)
    await house.lagging(room, BOB, 0, 5)
    await house.lagging(room, ANN, 0, 5)

    await house.room(ANN, version=2, room=room)

    assert (await house.status(BOB)).incoming == 0
    assert (await house.status(ANN)).incoming == 5
    assert house.rows("select ending from queued_message where is_processed") == [("left",)]


async def test_old_members_change_nothing(house):
    room = await house.room(ANN, BOB, version=2)
    await house.lagging(room, BOB, 0, 5)

    await house.room(ANN, version=1, room=room)

    assert (await house.status(BOB)).incoming == 5


async def test_the_statement_keeps_the_rule(house):
    @settings(
        max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(batches=st.lists(NEWS, min_size=1, max_size=4))
    def holds(batches):
        room, user = str(uuid.uuid4()), str(uuid.uuid4())
        behind = Behind()
        for batch in batches:
            news = LagNews()
            for lags, seq, head in batch:
                if lags:
                    news.lagging(room, user, seq, head)
                    behind = behind.lagging(seq, head)
                else:
                    news.caught_up(room, user, seq, max(seq, head))
                    behind = behind.caught_up(seq)
            queue_incoming_messages(news, now=house.clock.now())
        ((from_seq, to_seq, is_processed, is_finished),) = house.rows(
            "select from_seq, to_seq, is_processed, finished_at is not null and ending <> ''"
            " from queued_message where room_id = %s",
            room,
        )
        assert (from_seq, is_processed, is_finished) == (
            behind.from_seq,
            behind.is_finished,
            behind.is_finished,
        )
        assert to_seq == behind.to_seq

    await house.threads.run(holds)
