"""What sessions are told of people, and when presence is asked for them."""

import pytest

from libs.common.errors import Unavailable
from libs.common.events import PersonPresence, PresenceChanged
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.presence import ASK_AGAIN_AFTER_S, DOUBT_S, GONE_AFTER_S, PATIENCE_S
from tests.unit.chat.hub.presence_house import SEEN, SEEN_MS, House, changed, told


@pytest.fixture
async def house():
    """A room of three, of whom bob is here."""
    house = House()
    house.write("room", "ann", "bob", "eve")
    return house


async def test_who_is_new_here_is_asked_for_once_and_told_once_known(house):
    bob = house.sit("bob", "room")
    await house.settle()
    before = bob.listener.frames[:]

    await house.hear("ann", "online")

    assert house.asked == [["ann", "bob", "eve"]]
    assert (before, bob.listener.frames) == (
        [],
        [[{"id": "ann", "status": "online", "last_seen": None}]],
    )


async def test_a_newcomer_is_told_of_all_at_once_and_nobody_is_asked_for_again(house):
    house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "online")
    await house.hear("eve", "offline", SEEN_MS)
    await house.hear("bob", "online")
    house.asked.clear()

    dan = house.sit("ann", "room")
    await house.board.tell()

    (frame,) = dan.listener.frames
    assert {each["id"]: each["last_seen"] for each in frame} == {"bob": None, "eve": SEEN}
    assert house.asked == []


async def test_the_same_is_not_told_again(house):
    bob = house.sit("bob", "room")
    await house.settle()

    await house.hear("ann", "online")
    await house.hear("ann", "online")

    assert told(bob, "ann") == [("online", None)]


async def test_whoever_is_not_answered_for_is_unknown_and_asked_for_again(house):
    bob = house.sit("bob", "room")
    await house.settle()

    await house.wait(PATIENCE_S)
    unknown = told(bob, "ann")
    await house.hear("ann", "online")

    assert unknown == [("unknown", None)]
    assert told(bob, "ann") == [("unknown", None), ("online", None)]
    assert len(house.asked) >= PATIENCE_S / ASK_AGAIN_AFTER_S


async def test_without_presence_everybody_is_unknown_until_it_is_back(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "online")
    await house.hear("eve", "away")

    await house.wait(GONE_AFTER_S + 1, beating=False)
    house.asked.clear()
    newcomer = house.sit("ann", "room")
    await house.board.tell()
    house.board.hear_beat()
    await house.hear("ann", "online")

    assert told(newcomer, "eve") == [("unknown", None)]
    assert told(bob, "ann") == [("online", None), ("unknown", None), ("online", None)]
    assert house.asked == [["ann", "bob", "eve"]]


async def test_while_presence_is_away_nobody_is_asked_for(house):
    house.sit("bob", "room")
    await house.settle()
    await house.wait(GONE_AFTER_S + 1, beating=False)
    house.asked.clear()

    await house.wait(60, beating=False)

    assert house.asked == []


async def test_a_new_epoch_asks_for_all_and_changes_nothing_by_itself(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "online")
    house.asked.clear()

    house.board.on_epoch()
    await house.wait(DOUBT_S - 2)
    kept = told(bob, "ann")
    await house.hear("ann", "offline", SEEN_MS)

    assert house.asked[0] == ["ann", "bob", "eve"]
    assert kept == [("online", None)]
    assert told(bob, "ann")[-1] == ("offline", SEEN)


async def test_doubts_do_not_last_for_ever(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "online")

    house.board.on_epoch()
    await house.wait(DOUBT_S + 1)

    assert told(bob, "ann") == [("online", None), ("unknown", None)]


async def test_a_slow_reader_gets_the_newest_later(house):
    bob = house.sit("bob", "room")
    await house.settle()
    bob.listener.is_slow = True
    await house.hear("ann", "online")
    await house.hear("ann", "away")
    bob.listener.is_slow = False

    await house.board.tell()

    assert told(bob, "ann") == [("away", None)]


async def test_who_has_closed_is_told_nothing_and_kept_nowhere(house):
    bob = house.sit("bob", "room")
    await house.settle()
    bob.listener.closed = True

    await house.hear("ann", "online")
    house.board.closed(bob)

    assert bob.listener.frames == []


async def test_who_was_removed_meanwhile_is_told_nothing_more(house):
    house.write("other", "bob", "eve")
    bob = house.sit("bob", "room", "other")
    await house.settle()
    house.sit("eve", "room")
    await house.board.tell()

    house.board.hear(PresenceChanged(people=[PersonPresence("ann", "online")]))
    house.stand_up(bob, "room")
    await house.board.tell()

    assert told(bob, "ann") == []


async def test_who_joins_a_room_is_told_of_and_asked_for(house):
    bob = house.sit("bob", "room")
    await house.settle()
    house.asked.clear()

    house.write("room", "ann", "bob", "eve", "dan", version=2)
    house.board.sat_down(house.rooms["room"], bob.seats["room"])
    await house.settle()
    await house.hear("dan", "online")

    assert house.asked == [["dan"]]
    assert told(bob, "dan") == [("online", None)]


async def test_who_left_a_room_is_told_of_no_more(house):
    bob = house.sit("bob", "room")
    await house.settle()

    house.write("room", "bob", "eve", version=2)
    house.board.sat_down(house.rooms["room"], bob.seats["room"])
    await house.settle()
    await house.hear("ann", "online")

    assert told(bob, "ann") == []


async def test_a_room_that_ended_is_forgotten_and_one_that_began_again_is_not(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "online")
    ended = house.rooms["room"]
    house.stand_up(bob, "room")

    house.rooms["room"] = LocalRoom("room")
    house.rooms["room"].version = 1
    again = house.sit("bob", "room")
    await house.settle()
    house.board.ended(ended)
    await house.hear("ann", "away")

    assert told(again, "ann")[-1:] == [("away", None)]


async def test_rooms_that_could_not_be_read_are_read_later(house):
    house.down = True
    bob = house.sit("bob", "room")
    with pytest.raises(Unavailable):
        await house.board.read_some()
    house.down = False

    await house.settle()
    await house.hear("ann", "online")

    assert told(bob, "ann") == [("online", None)]


async def test_badges_and_polls_are_told_nothing(house):
    badge = house.sit("bob", "room", kind="notifications")
    await house.settle()
    await house.hear("ann", "online")

    assert (badge.listener.frames, house.asked) == ([], [])


@pytest.mark.parametrize(
    ("hides", "is_direct", "is_seen"),
    [
        ({}, False, True),
        ({"ann": "nobody"}, True, False),
        ({"bob": "nobody"}, True, False),
        ({"ann": "contacts"}, False, False),
        ({"ann": "contacts"}, True, True),
        ({"bob": "contacts"}, False, False),
        ({"ann": "contacts", "bob": "contacts"}, True, True),
    ],
)
async def test_when_somebody_was_there_is_shown_to_whom_they_show_it(hides, is_direct, is_seen):
    house = House()
    house.write("room", "ann", "bob", is_direct=is_direct, **hides)
    bob = house.sit("bob", "room")
    await house.settle()

    await house.hear("ann", "offline", SEEN_MS)

    assert told(bob, "ann") == [("offline", SEEN if is_seen else None)]


@pytest.mark.parametrize("who", ["ann", "bob"])
async def test_who_begins_to_hide_it_hides_what_was_shown_and_sees_nothing_more(house, who):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "offline", SEEN_MS)

    house.board.on_user_changed(changed(who, "nobody", version=2))
    await house.board.tell()
    house.board.on_user_changed(changed(who, "everyone", version=1))  # older, and late
    await house.board.tell()

    assert told(bob, "ann") == [("offline", SEEN), ("offline", None)]


async def test_a_new_name_is_nothing_to_tell(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "offline", SEEN_MS)

    house.board.on_user_changed(changed("ann", "everyone", version=2))
    await house.board.tell()

    assert len(told(bob, "ann")) == 1


async def test_a_privacy_that_a_reading_of_the_room_shows_first_is_minded_too(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "offline", SEEN_MS)

    house.write("room", "ann", "bob", "eve", version=2, ann="nobody")
    house.board.sat_down(house.rooms["room"], bob.seats["room"])
    await house.settle()
    house.board.on_user_changed(changed("ann", "nobody", version=1))  # as late as can be
    await house.board.tell()

    assert told(bob, "ann") == [("offline", SEEN), ("offline", None)]


async def test_a_removed_member_who_waits_for_the_last_frames_meets_nobody(house):
    bob = house.sit("bob", "room")
    await house.settle()
    bob.seats["room"].until = 7

    house.write("room", "ann", "bob", "eve", "dan", version=2)
    house.board.sat_down(house.rooms["room"], bob.seats["room"])
    await house.settle()
    await house.hear("dan", "online")

    assert bob.listener.frames == []
