"""What happens to presence meanwhile: while rooms are read, people asked for, and sessions told."""

import asyncio

import pytest

from libs.common.events import PersonPresence, PresenceChanged
from services.chat.frames.server import PEOPLE_PER_FRAME
from services.chat.hub.local_room import LocalRoom
from services.chat.hub.presence import (
    ASK_AGAIN_AFTER_S,
    BLIND,
    DOUBT_S,
    FRAMES,
    GONE_AFTER_S,
    PATIENCE_S,
    PEOPLE,
    PUT_OFF,
    SOCKETS_PER_TURN,
    TOLD,
)
from tests.unit.chat.hub.presence_house import House, told


@pytest.fixture
async def house():
    """A room of three, in which nobody sits yet."""
    house = House()
    house.write("room", "ann", "bob", "eve")
    return house


@pytest.fixture
async def bob(house):
    """One of them, who sits there, and knows that another one is there."""
    bob = house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "online")
    return bob


def online(*users):
    return PresenceChanged(people=[PersonPresence(user, "online") for user in users])


def count(metric):
    return metric._value.get()


# -- while rooms are read -------------------------------------------------------------------------


async def test_a_room_that_ends_while_it_is_read_has_nobody(house):
    bob = house.sit("bob", "room")
    house.meanwhile = lambda: house.leave(bob)

    await house.settle()
    house.board.look()

    assert (house.asked, count(PEOPLE)) == ([], 0)


async def test_a_room_that_ends_and_begins_again_while_it_is_read_is_the_new_one(house):
    before = house.sit("bob", "room")
    after = []

    def begin_again():
        house.leave(before)
        house.rooms["room"] = LocalRoom("room", version=1)
        after.append(house.sit("eve", "room"))

    house.meanwhile = begin_again
    await house.settle()
    await house.settle()
    await house.hear("ann", "online")

    assert told(after[0], "ann") == [("online", None)]
    assert before.listener.frames == []


async def test_a_room_that_changes_while_it_is_read_is_read_again(house):
    bob = house.sit("bob", "room")

    def change():
        house.write("room", "ann", "bob", "eve", "dan", version=2)
        house.sat_down(bob, "room")

    house.meanwhile = change
    await house.settle()
    await house.settle()
    await house.hear("dan", "online")

    assert house.readings == [["room"], ["room"]]
    assert told(bob, "dan") == [("online", None)]


async def test_a_reading_that_is_older_than_what_is_known_takes_nobody_away(house, bob):
    house.write("room", "bob", version=0)
    house.rooms["room"].version = 2
    house.sat_down(bob, "room")

    await house.settle()
    await house.hear("ann", "away")

    assert told(bob, "ann")[-1] == ("away", None)


async def test_many_who_sit_down_before_the_room_was_read_need_one_reading(house):
    tabs = [house.sit("bob", "room", name=name) for name in ("tab", "phone")]

    await house.settle()
    await house.hear("ann", "online")

    assert (house.readings, len(house.asked)) == ([["room"]], 1)
    assert [told(tab, "ann") for tab in tabs] == [[("online", None)]] * 2


async def test_who_was_not_welcomed_yet_is_told_when_they_are(house, bob):
    eve = house.sit("eve")
    house.take_seat(eve, "room", held=[])
    joining = house.sit("dan")
    house.take_seat(joining, "room", version=None)
    house.write("room", "ann", "bob", "eve", "dan", version=2)
    house.sat_down(bob, "room")
    await house.settle()
    early = eve.listener.frames + joining.listener.frames

    eve.seats["room"].held = None
    house.sat_down(eve, "room")
    await house.board.tell()

    assert early == []
    assert told(eve, "ann") == [("online", None)]


async def test_a_badge_in_a_room_is_told_nothing_when_a_chat_has_it_read(house):
    badge = house.sit("eve", "room", kind="notifications")

    house.sit("bob", "room")
    await house.settle()
    await house.hear("ann", "online")

    assert badge.listener.frames == []


async def test_who_joins_and_is_known_already_is_told_of_at_once_and_not_asked_for(house, bob):
    house.write("hall", "eve", "dan")
    house.sit("eve", "hall")
    await house.settle()
    await house.hear("dan", "away")
    house.asked.clear()

    house.write("room", "ann", "bob", "eve", "dan", version=2)
    house.sat_down(bob, "room")
    await house.settle()

    assert told(bob, "dan") == [("away", None)]
    assert house.asked == []


async def test_a_room_that_is_told_of_again_without_a_change_is_no_news(house, bob):
    house.sat_down(bob, "room")
    await house.board.tell()

    assert told(bob, "ann") == [("online", None)]


# -- while somebody is asked for ------------------------------------------------------------------


async def test_somebody_in_two_rooms_is_asked_for_once(house):
    house.write("hall", "ann", "bob")
    house.sit("bob", "room")
    await house.settle()

    house.sit("bob", "hall", name="phone")
    await house.settle()

    assert house.asked == [["ann", "bob", "eve"]]


async def test_only_who_was_not_answered_for_is_asked_for_again_and_not_too_often(house, bob):
    await house.hear("eve", "offline")
    house.asked.clear()

    await house.wait(4 * ASK_AGAIN_AFTER_S)

    assert house.asked == [["bob"]] * 4


async def test_who_leaves_while_they_are_awaited_is_not_asked_for_again(house):
    bob = house.sit("bob", "room")
    await house.settle()
    house.asked.clear()

    house.leave(bob)
    await house.wait(3 * ASK_AGAIN_AFTER_S)

    assert house.asked == []


async def test_who_leaves_while_they_are_awaited_and_comes_back_is_asked_for(house):
    bob = house.sit("bob", "room")
    await house.settle()
    house.leave(bob)
    await house.hear("ann", "online")
    house.asked.clear()

    house.write("room", "ann", "bob", "eve")
    again = house.sit("bob", "room")
    await house.settle()
    await house.wait(ASK_AGAIN_AFTER_S)
    asked = {user for users in house.asked for user in users}
    await house.hear("ann", "away")

    assert asked == {"ann", "bob", "eve"}
    assert told(again, "ann") == [("away", None)]


async def test_an_epoch_while_somebody_is_asked_for_asks_again_at_once(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.wait(PATIENCE_S - 1)
    house.asked.clear()

    house.board.on_epoch()
    at_once = list(house.asked)
    await house.wait(PATIENCE_S - 1)
    patient = told(bob, "ann")
    await house.wait(1)

    assert at_once == [["ann", "bob", "eve"]]
    assert (patient, told(bob, "ann")) == ([], [("unknown", None)])


async def test_an_answer_ends_the_doubts_about_whom_it_is_for(house, bob):
    house.board.on_epoch()
    await house.hear("ann", "online")

    await house.wait(DOUBT_S + 1)

    assert told(bob, "ann") == [("online", None)]
    assert told(bob, "eve") == [("unknown", None)]


async def test_nobody_is_told_to_be_unknown_twice(house):
    bob = house.sit("bob", "room")
    await house.settle()

    await house.wait(PATIENCE_S)
    await house.wait(1)
    await house.wait(GONE_AFTER_S + 1, beating=False)
    await house.wait(1, beating=False)

    assert told(bob, "ann") == [("unknown", None)]


# -- while presence is silent ---------------------------------------------------------------------


async def test_presence_is_believed_up_to_the_very_limit(house, bob):
    BLIND.set(0)  # as it is at the beginning of a process

    await house.wait(GONE_AFTER_S, beating=False)
    at_the_limit = count(BLIND), told(bob, "ann")[-1]
    await house.wait(1, beating=False)
    beyond_it = count(BLIND), told(bob, "ann")[-1]
    house.board.hear_beat()

    assert at_the_limit == (0, ("online", None))
    assert beyond_it == (1, ("unknown", None))
    assert count(BLIND) == 0


async def test_news_are_a_sign_of_life_too(house, bob):
    for _ in range(4):
        await house.wait(GONE_AFTER_S - 1, beating=False)
        await house.hear("eve", "away")

    assert told(bob, "ann") == [("online", None)]


async def test_who_is_new_while_presence_is_silent_is_unknown_at_once_and_asked_for_later(house):
    bob = house.sit("bob", "room")
    await house.settle()
    await house.wait(GONE_AFTER_S + 1, beating=False)
    house.asked.clear()

    house.write("room", "ann", "bob", "eve", "dan", version=2)
    house.sat_down(bob, "room")
    await house.settle()
    meanwhile = told(bob, "dan"), list(house.asked)
    house.board.hear_beat()

    assert meanwhile == ([("unknown", None)], [])
    assert house.asked == [["ann", "bob", "dan", "eve"]]


async def test_a_new_epoch_while_presence_is_silent_asks_once(house, bob):
    await house.wait(GONE_AFTER_S + 1, beating=False)
    house.asked.clear()

    house.board.on_epoch()
    await house.wait(10, beating=False)

    assert len(house.asked) == 1


# -- while sessions are told ----------------------------------------------------------------------


async def test_who_closes_before_they_are_told_is_not_told(house, bob):
    house.board.hear(online("eve"))
    frames = len(bob.listener.frames)

    house.leave(bob)
    await house.board.tell()

    assert len(bob.listener.frames) == frames


async def test_what_one_session_was_to_be_told_goes_with_it_and_with_no_other(house, bob):
    phone = house.sit("bob", "room", name="phone")
    house.board.hear(online("eve"))

    house.board.closed(bob)
    await house.board.tell()

    assert told(bob, "eve") == []
    assert told(phone, "eve") == [("online", None)]


async def test_telling_very_many_leaves_turns_in_which_some_may_close(house):
    tabs = [house.sit("bob", "room", name=str(number)) for number in range(SOCKETS_PER_TURN + 1)]
    await house.board.read_some()
    await house.board.tell()
    house.board.hear(online("ann"))

    telling = asyncio.create_task(house.board.tell())
    await asyncio.sleep(0)
    tabs[-1].listener.closed = True
    await telling

    assert [len(told(tab, "ann")) for tab in tabs] == [1] * SOCKETS_PER_TURN + [0]


async def test_news_that_come_while_others_are_told_come_next(house):
    tabs = [house.sit("bob", "room", name=str(number)) for number in range(SOCKETS_PER_TURN)]
    await house.board.read_some()
    await house.board.tell()
    house.board.hear(online("ann"))

    telling = asyncio.create_task(house.board.tell())
    await asyncio.sleep(0)
    house.board.hear(online("eve"))
    await telling
    await house.board.tell()

    for tab in tabs:
        assert (told(tab, "ann"), told(tab, "eve")) == ([("online", None)], [("online", None)])


async def test_of_very_many_people_a_reader_that_becomes_slow_gets_all_of_them_later(house):
    crowd = [f"user {number}" for number in range(2 * PEOPLE_PER_FRAME + 1)]
    house.write("room", "bob", *crowd)
    bob = house.sit("bob", "room")
    await house.settle()
    offer, offered = bob.listener.offer, []

    def slow_at_the_second(text):
        offered.append(text)
        return len(offered) != 2 and offer(text)

    bob.listener.offer = slow_at_the_second
    before = count(PUT_OFF)
    house.board.hear(online(*crowd))
    await house.board.tell()
    in_the_first_round = len(offered)
    await house.board.tell()

    assert (in_the_first_round, count(PUT_OFF) - before) == (2, 1)
    newest = {each["id"] for frame in bob.listener.frames[1:] for each in frame}
    assert newest == set(crowd)


async def test_what_is_told_is_counted_by_frames_and_by_people_and_so_is_who_matters(house, bob):
    house.sit("bob", "room", name="phone")
    await house.board.tell()
    frames, people = count(FRAMES), count(TOLD)

    house.board.hear(PresenceChanged(people=[*online("eve").people, PersonPresence("ann", "away")]))
    await house.board.tell()
    house.board.look()

    assert (count(FRAMES) - frames, count(TOLD) - people, count(PEOPLE)) == (2, 4, 3)
