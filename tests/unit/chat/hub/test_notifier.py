import asyncio

import pytest

from libs.common.errors import Unavailable
from services.chat.frames.server import Custom
from tests.unit.chat.hub.badge_house import House, frames, live
from tests.waiting import until


@pytest.fixture
def house():
    return House()


def told(wire):
    return [(frame["room"], frame["seq"]) for frame in frames(wire)]


async def test_a_notification_says_who_wrote_what_and_how_much_is_unread(house):
    badge, wire = house.badge("bob")

    badge.message(live(3))
    await house.notifier.flush()

    assert frames(wire) == [
        {
            "type": "notification",
            "room": "room",
            "seq": 3,
            "sender": "author",
            "preview": "number 3",
            "unread": 7,
            "unread_total": 9,
        }
    ]


async def test_of_a_busy_room_the_first_is_told_and_then_the_newest_of_each_second(house):
    badge, wire = house.badge("bob")

    for seq in range(1, 31):
        badge.message(live(seq))
        await house.notifier.flush()
        house.clock.advance(0.125)
    house.clock.advance(1)
    await house.notifier.flush()

    assert told(wire) == [("room", seq) for seq in (1, 9, 17, 25, 30)]


async def test_a_room_does_not_wait_for_another(house):
    badge, wire = house.badge("bob")

    badge.message(live(1, room="one"))
    await house.notifier.flush()
    badge.message(live(1, room="other"))
    await house.notifier.flush()

    assert told(wire) == [("one", 1), ("other", 1)]


async def test_ones_own_messages_are_not_told(house):
    badge, wire = house.badge("author")

    badge.message(live(1))
    await house.notifier.flush()

    assert (wire.written, house.database.calls) == ([], [])


async def test_all_who_are_due_are_asked_for_in_one_statement(house):
    badges = [house.badge(f"user {number}") for number in range(50)]

    frame = live(1)
    for badge, _ in badges:
        badge.message(frame)
    await house.notifier.flush()

    assert house.database.calls == ["unread_of"]
    assert [told(wire) for _, wire in badges] == [[("room", 1)]] * 50


async def test_without_the_database_only_the_newest_is_kept_and_told_later(house):
    badge, wire = house.badge("bob")
    house.database.down = True

    for seq in range(1, 11):
        badge.message(live(seq))
        with pytest.raises(Unavailable):
            await house.notifier.flush()
    house.database.down = False
    await house.notifier.flush()

    assert told(wire) == [("room", 10)]


async def test_what_comes_while_the_database_is_asked_is_told_a_second_later(house):
    badge, wire = house.badge("bob")
    house.database.meanwhile["unread_of"] = lambda: badge.message(live(2))

    badge.message(live(1))
    await house.notifier.flush()
    at_once = told(wire)
    house.clock.advance(1)
    await house.notifier.flush()

    assert (at_once, told(wire)) == ([("room", 1)], [("room", 1), ("room", 2)])


async def test_who_is_not_in_the_room_any_more_is_not_told(house):
    badge, wire = house.badge("bob")
    house.database.strangers.add(("bob", "room"))

    badge.message(live(1))
    await house.notifier.flush()

    assert wire.written == []


async def test_who_is_removed_while_the_database_is_asked_is_not_told(house):
    badge, wire = house.badge("bob")
    house.database.meanwhile["unread_of"] = lambda: house.notifier.leave(badge, "room")

    badge.message(live(1))
    await house.notifier.flush()

    assert wire.written == []


async def test_nothing_is_asked_for_who_has_gone(house):
    badge, _ = house.badge("bob")

    badge.message(live(1))
    badge.outbound.abandon()
    await house.notifier.flush()

    assert (house.database.calls, house.notifier.waiting) == ([], 0)


async def test_the_task_tells_at_once_what_comes_and_later_what_came_too_soon(house):
    badge, wire = house.badge("bob")
    task = asyncio.create_task(house.notifier.run())
    await asyncio.sleep(0)  # it waits for news now

    badge.message(live(1))
    await until(lambda: told(wire) == [("room", 1)])
    badge.message(live(2))
    house.clock.advance(1)
    badge.message(live(1, room="other"))
    await until(lambda: sorted(told(wire)[1:]) == [("other", 1), ("room", 2)])

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_what_other_code_pushes_goes_to_chats_only(house):
    badge, wire = house.badge("bob")

    badge.custom(Custom(name="shop.order", data=None))

    assert wire.written == []
