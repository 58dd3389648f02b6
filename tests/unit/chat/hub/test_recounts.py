"""What badges are told without a message: of counts that went down."""

import asyncio

import pytest

from libs.common.errors import Unavailable
from services.chat.frames.server import RoomEntry, RoomUpdate
from services.chat.selectors.unread import Unread
from tests.unit.chat.hub.badge_house import House, frames, live
from tests.waiting import until


@pytest.fixture
def house():
    return House()


@pytest.fixture
def shown(house):
    """A badge that shows from its ``welcome`` that 7 messages are unread in a room, and 9 in all."""
    badge, wire = house.badge("bob")
    badge.begin([entry("room", unread=7), entry("other", unread=2), entry("quiet", unread=0)])
    house.notifier.begin(badge)
    return badge, wire


def entry(room, *, unread):
    return RoomEntry(
        id=room,
        kind="group",
        name=room,
        version=1,
        member_count=2,
        last_seq=20,
        delivered_seq=20,
        read_seq=20 - unread,
        lowest=[],
    )


def gone(room):
    return RoomUpdate(
        id=room,
        kind="group",
        name=room,
        version=2,
        member_count=1,
        last_seq=20,
        delivered_seq=0,
        read_seq=0,
        lowest=[],
        removed=True,
    )


def counts(wire):
    return [(frame["room"], frame["unread"], frame["unread_total"]) for frame in frames(wire)]


async def test_what_was_read_elsewhere_is_told_with_the_newest_message(house, shown):
    _, wire = shown
    house.database.unread = Unread(room=0, total=2)

    await house.compared(marks=1)

    assert frames(wire) == [
        {
            "type": "notification",
            "room": "room",
            "seq": 20,
            "sender": "author",
            "preview": "the newest",
            "unread": 0,
            "unread_total": 2,
        }
    ]


async def test_what_is_as_it_was_shown_is_not_told(house, shown):
    _, wire = shown

    await house.compared(marks=1)

    assert (wire.written, house.database.calls) == ([], ["summaries_of"])


async def test_what_went_up_is_told_by_its_message_alone(house, shown):
    _, wire = shown
    house.database.unread = Unread(room=8, total=10)

    await house.compared(marks=1)

    assert wire.written == []


async def test_a_room_is_counted_again_only_when_watermarks_have_risen_in_it(house, shown):
    _, wire = shown

    for marks in (1, 1, 1, 2, 2):
        await house.compared(marks)

    assert (wire.written, house.database.calls) == ([], ["summaries_of"] * 2)


async def test_nothing_is_counted_of_a_room_without_anything_unread(house, shown):
    _, wire = shown

    await house.compared(marks=1, room="quiet")

    assert (wire.written, house.database.calls) == ([], [])


async def test_nor_of_one_that_was_read_to_its_end(house, shown):
    _, wire = shown
    house.database.unread = Unread(room=0, total=2)

    for marks in (1, 2, 3):
        await house.compared(marks)

    assert counts(wire) == [("room", 0, 2)]
    assert house.database.calls == ["summaries_of"]


async def test_a_message_brings_the_counts_along(house, shown):
    badge, wire = shown
    house.database.unread = Unread(room=1, total=3)

    badge.message(live(21))
    await house.compared(marks=1)

    assert [frame["seq"] for frame in frames(wire)] == [21]
    assert counts(wire) == [("room", 1, 3)]
    assert house.database.calls == ["unread_of"]


async def test_what_a_message_was_told_with_is_counted_again_by_younger_rows(house):
    badge, wire = house.badge("bob")
    badge.message(live(20))
    await house.compared(marks=1)
    house.database.unread = Unread(room=0, total=0)

    await house.compared(marks=1)

    assert counts(wire) == [("room", 7, 9), ("room", 0, 0)]


async def test_watermarks_that_rise_while_rooms_are_counted_have_them_counted_again(house, shown):
    _, wire = shown

    def rise():
        house.database.unread = Unread(room=0, total=2)
        house.compare(marks=2)

    house.database.meanwhile["summaries_of"] = rise
    await house.compared(marks=1)
    before = counts(wire)
    await house.notifier.flush()

    assert (before, counts(wire)) == ([], [("room", 0, 2)])


async def test_of_a_room_that_was_left_it_is_told_that_nothing_is_unread(house, shown):
    badge, wire = shown
    house.database.unread = Unread(room=0, total=2)

    badge.message(live(21))
    badge.room(gone("room"))
    await house.notifier.flush()

    assert counts(wire) == [("room", 0, 2)]


async def test_leaving_a_room_in_which_nothing_was_unread_is_not_told(house, shown):
    badge, wire = shown
    house.database.unread = Unread(room=0, total=9)

    badge.room(gone("quiet"))
    await house.notifier.flush()

    assert wire.written == []


async def test_where_there_is_no_message_to_tell_of_nothing_is_told(house, shown):
    badge, wire = shown
    house.database.strangers.add(("bob", "room"))

    badge.room(gone("room"))
    await house.notifier.flush()

    assert wire.written == []


async def test_without_the_database_it_is_told_later(house, shown):
    _, wire = shown
    house.database.unread = Unread(room=0, total=2)
    house.database.down = True

    with pytest.raises(Unavailable):
        await house.compared(marks=1)
    house.database.down = False
    await house.notifier.flush()

    assert counts(wire) == [("room", 0, 2)]


async def test_nothing_is_kept_of_a_badge_that_has_ended(house, shown):
    badge, _ = shown
    watched = house.notifier.waiting

    badge.outbound.abandon()
    house.notifier.end(badge)
    await house.compared(marks=1)

    assert (watched, house.notifier.waiting, house.database.calls) == (2, 0, [])


async def test_the_task_tells_it_at_once(house, shown):
    badge, wire = shown
    house.database.unread = Unread(room=0, total=2)
    task = asyncio.create_task(house.notifier.run())
    await asyncio.sleep(0)  # it waits for news now

    badge.room(gone("room"))
    await until(lambda: counts(wire) == [("room", 0, 2)])

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
