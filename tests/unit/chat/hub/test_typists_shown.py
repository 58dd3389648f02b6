"""Who of a process' sessions is shown whom to type, and when."""

import pytest

from libs.common.events import TypingChanged
from services.chat.domain.pressure import INTERVALS, Level, Strain
from services.chat.domain.typing import EXPIRES_AFTER_S
from services.chat.hub.typing import EXPIRED, FRAMES, SHED, TELL_EVERY_S, TICK_S
from tests.unit.chat.doors import pressed_by
from tests.unit.chat.hub.typing_house import RESTED_S, House, count, heard_of


@pytest.fixture
def house():
    """A room of three who sit here."""
    return House("ann", "bob", "eve")


def test_the_first_is_shown_at_once_and_who_follows_when_the_room_has_rested(house):
    house.hear(("ann", True))
    house.clock.advance(0.01)
    house.hear(("bob", True))
    at_once = house.seen("eve")
    house.pass_by(TELL_EVERY_S - 2 * TICK_S)
    rested = house.seen("eve")

    house.pass_by(3 * TICK_S)

    assert (at_once, rested) == ([["ann"]], [["ann"]])
    assert house.seen("eve") == [["ann"], ["ann", "bob"]]


def test_who_begins_and_stops_while_the_room_rests_is_never_shown(house):
    house.hear(("ann", True))
    house.hear(("bob", True))
    house.hear(("bob", False))
    house.pass_by(0.5)

    assert all("bob" not in users for users in house.seen("eve"))
    assert house.seen("bob")[-1] == ["ann"]


def test_several_in_one_event_are_one_frame(house):
    before = count(FRAMES)

    house.hear(("ann", True), ("bob", True))

    assert house.seen("eve") == [["ann", "bob"]]
    assert house.seen("ann") == [["bob"]]
    assert house.seen("bob") == [["ann"]]
    assert count(FRAMES) - before == 3


def test_no_session_is_shown_its_own_user_whichever_device_they_type_on(house):
    house.sit("ann", name="phone")

    house.hear(("ann", True))
    house.pass_by(0.5)
    house.hear(("ann", False))

    assert house.seen("ann") == house.seen("ann", name="phone") == []
    assert house.seen("bob") == [["ann"], []]


def test_whoever_sees_no_change_gets_no_frame(house):
    house.hear(("ann", True))
    house.pass_by(RESTED_S)
    house.hear(("bob", True))
    house.pass_by(RESTED_S)
    house.hear(("bob", False))

    assert house.seen("bob") == [["ann"]]
    assert house.seen("ann") == [["bob"], []]
    assert house.seen("eve") == [["ann"], ["ann", "bob"], ["ann"]]


def test_two_sessions_of_one_typist_are_one_until_both_have_stopped(house):
    house.hear(("ann", True), ("ann", True, "phone"))
    house.pass_by(RESTED_S)
    house.hear(("ann", False, "phone"))
    house.pass_by(RESTED_S)
    while_one_types = house.seen("eve")[-1]
    house.hear(("ann", False))

    assert while_one_types == ["ann"]
    assert house.seen("eve")[-1] == []


def test_who_types_on_in_another_session_is_shown_once_more_and_not_again_and_again(house):
    house.hear(("ann", True), ("ann", True, "phone"))
    house.pass_by(RESTED_S)

    house.hear(("ann", False, "phone"))
    house.pass_by(3 * TELL_EVERY_S)

    assert house.seen("eve") == [["ann"], ["ann"]]


def test_of_whom_nothing_comes_any_more_is_let_go_in_the_very_moment(house):
    before = count(EXPIRED)
    house.hear(("ann", True))

    house.pass_by(EXPIRES_AFTER_S - TICK_S)
    still = house.seen("eve")
    house.clock.advance(TICK_S + 1e-6)
    house.manager.tick()

    assert (still, house.seen("eve")) == ([["ann"]], [["ann"], []])
    assert count(EXPIRED) - before == 1


def test_the_same_again_is_no_frame(house):
    for _ in range(10):
        house.hear(("ann", True))
        house.pass_by(RESTED_S)

    assert house.seen("eve") == [["ann"]]


def test_rooms_are_told_each_by_itself_and_strange_ones_pass(house):
    house.sit("eve", "hall")

    house.manager.hear(
        TypingChanged(
            news=[heard_of(room, "ann", is_typing=True) for room in ("room", "elsewhere", "hall")]
        )
    )

    assert house.seen("eve") == house.seen("eve", room="hall") == [["ann"]]


@pytest.mark.parametrize(
    "seat",
    [{"version": None}, {"held": []}, {"until": 0}, {"kind": "notifications"}, {"kind": "poll"}],
    ids=["not given", "not welcomed", "removed", "badge", "poll"],
)
def test_whoever_is_not_told_of_the_room_sees_nobody_type(house, seat):
    house.sit("dan", **seat)

    house.hear(("ann", True))
    house.pass_by(3 * TELL_EVERY_S)

    assert (house.seen("dan"), house.seen("eve")) == ([], [["ann"]])


# -- slow readers, and who comes later ------------------------------------------------------------


def slow(house, user):
    listener = house.rooms["room"].seats[f"tab of {user}"].session.listener
    listener.is_slow = True
    return listener


def test_a_slow_reader_is_shown_the_newest_as_soon_as_it_takes_it(house):
    before = count(SHED)
    listener = slow(house, "eve")
    house.hear(("ann", True))
    house.pass_by(RESTED_S)
    house.hear(("bob", True))
    house.pass_by(0.1)

    listener.is_slow = False
    house.pass_by(2 * TELL_EVERY_S)

    assert house.seen("eve") == [["ann", "bob"]]
    assert count(SHED) - before >= 2


def test_the_end_too_is_shown_to_a_slow_reader(house):
    house.hear(("ann", True))
    house.pass_by(RESTED_S)
    listener = slow(house, "eve")
    house.hear(("ann", False))
    house.pass_by(1.0)

    listener.is_slow = False
    house.pass_by(RESTED_S)

    assert house.seen("eve") == [["ann"], []]
    assert house.seen("bob") == [["ann"], []]


def test_nothing_is_owed_to_who_has_closed(house):
    listener = slow(house, "eve")
    house.hear(("ann", True))
    listener.closed = True
    house.hear(("ann", False))

    house.pass_by(1.0)

    assert house.manager.is_at_rest
    assert listener.frames == []


def test_nothing_is_owed_to_a_seat_that_was_given_up(house):
    listener = slow(house, "eve")
    session = house.rooms["room"].seats["tab of eve"].session
    house.hear(("ann", True))
    house.take_seat(session, version=None)

    listener.is_slow = False
    house.pass_by(2 * TELL_EVERY_S)

    assert listener.frames == []


def test_whoever_is_removed_meanwhile_is_not_shown_what_they_were_owed(house):
    listener = slow(house, "eve")
    house.hear(("ann", True))
    house.rooms["room"].seats["tab of eve"].until = 3

    listener.is_slow = False
    house.pass_by(2 * TELL_EVERY_S)

    assert listener.frames == []


def test_who_sits_down_is_shown_who_types_and_not_themselves(house):
    house.hear(("ann", True), ("bob", True))
    newcomers = [house.sit("dan"), house.sit("bob", name="phone")]
    for each in newcomers:
        house.manager.sat_down(house.rooms["room"], each.seats["room"])

    house.pass_by(2 * TELL_EVERY_S)

    assert [each.listener.frames for each in newcomers] == [
        [("room", ["ann", "bob"])],
        [("room", ["ann"])],
    ]
    assert house.seen("eve") == [["ann", "bob"]]


def test_who_sits_down_where_nobody_types_is_shown_nothing(house):
    house.hear(("ann", True))
    house.pass_by(RESTED_S)
    house.hear(("ann", False))
    dan = house.sit("dan")

    house.manager.sat_down(house.rooms["room"], dan.seats["room"])
    house.pass_by(1.0)

    assert (dan.listener.frames, house.manager.is_at_rest) == ([], True)


# -- rooms that end -------------------------------------------------------------------------------


def test_of_a_room_that_ended_nothing_is_kept(house):
    house.hear(("ann", True))
    room = house.rooms.pop("room")

    house.manager.ended(room)

    assert house.manager.is_at_rest


def test_a_room_that_begins_again_knows_nobody_of_before(house):
    house.hear(("ann", True))
    before = house.rooms["room"]
    house.begin()
    dan = house.sit("dan")

    house.manager.sat_down(house.rooms["room"], dan.seats["room"])
    house.hear(("bob", True))
    house.manager.ended(before)
    house.pass_by(2 * TELL_EVERY_S)
    house.hear(("bob", False))

    assert dan.listener.frames == [("room", ["bob"]), ("room", [])]


def test_who_typed_where_a_room_ended_is_still_told_to_have_stopped(house):
    ann = house.rooms["room"].seats["tab of ann"].session
    house.manager.start_typing(ann, "room")
    house.manager.ended(house.rooms.pop("room"))

    house.manager.closed(ann)

    assert [each.is_typing for each in house.told] == [True, False]


def test_a_typist_whose_slow_socket_missed_a_frame_is_shown_it_later(house):
    bob = house.rooms["room"].seats["tab of bob"].session.listener
    bob.is_slow = True
    house.hear(("ann", True))
    bob.is_slow = False
    house.clock.advance(RESTED_S)  # and before the debt was looked for

    house.hear(("bob", True))
    house.pass_by(RESTED_S)

    assert house.seen("bob")[-1:] == [["ann"]]


def test_who_types_on_is_shown_again_to_another_typist_too(house):
    house.hear(("ann", True), ("bob", True))
    house.pass_by(RESTED_S)
    before = len(house.seen("bob"))

    house.hear(("ann", False), ("ann", True))
    house.pass_by(RESTED_S)

    assert house.seen("bob")[before:] == [["ann"]]


def test_a_room_rests_also_when_its_last_typist_has_stopped(house):
    house.hear(("ann", True))
    house.pass_by(RESTED_S)
    house.hear(("ann", False))
    frames = len(house.seen("eve"))

    house.pass_by(0.05)
    house.hear(("bob", True))

    assert len(house.seen("eve")) == frames


def test_while_the_process_is_busy_a_room_is_told_less_often():
    house = House("ann", "bob", "eve", pressure=pressed_by(Strain(loop_s=0.1)))
    house.hear(("ann", True))
    house.hear(("bob", True))
    house.pass_by(INTERVALS[Level.BUSY].typing_s - 2 * TICK_S)
    rested = house.seen("eve")

    house.pass_by(3 * TICK_S)

    assert rested == [["ann"]]
    assert house.seen("eve") == [["ann"], ["ann", "bob"]]


def test_an_overloaded_process_passes_keystrokes_over_and_counts_them():
    house = House("ann", "bob", pressure=pressed_by(Strain(loop_s=1)))
    shed = count(SHED)

    house.manager.start_typing(house.rooms["room"].seats["tab of ann"].session, "room")

    assert house.told == []
    assert count(SHED) == shed + 1
