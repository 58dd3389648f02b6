"""What the terminal keeps in mind."""

from clients.python.parley import Room
from clients.python.terminal.lines import Mark
from clients.python.terminal.model import (
    KEPT_MESSAGES,
    QUIET_LINES,
    QUIET_WITHIN_S,
    Model,
    Outgoing,
)
from tests.unit.clients.python.terminal.made import message, room


def model_of(*rooms: Room) -> Model:
    return Model({one.id: one for one in rooms}, "me")


def test_rooms_keep_their_numbers_and_move_to_the_front():
    rooms = {one.id: one for one in [room("a"), room("b")]}
    model = Model(rooms, "me")
    model.by_activity()
    rooms["c"] = room("c")

    model.note_activity("b")

    assert [one.id for one in model.by_activity()] == ["b", "a", "c"]
    assert [model.number(one) for one in "abc"] == [1, 2, 3]
    assert model.numbered(2) == rooms["b"]
    assert model.numbered(9) is None


def test_a_number_is_not_given_again_after_a_room_is_gone():
    rooms = {one.id: one for one in [room("a"), room("b")]}
    model = Model(rooms, "me")
    model.number("a")
    del rooms["a"]
    rooms["c"] = room("c")

    assert model.number("c") == 3
    assert model.numbered(1) is None


def test_rooms_are_found_by_name_and_by_person():
    direct = room("b", name="Bob", members=["me", "bob"])
    model = model_of(direct, room("t", kind="group", name="Bob"), room("x", name="Else"))

    assert [one.id for one in model.named("BOB")] == ["b", "t"]
    assert model.direct_with("bob") == direct
    assert model.direct_with("eve") is None


def test_unread_counts_what_came_and_what_was_read_on_other_devices():
    model = model_of(room("r", last_seq=5, read_seq=3), room("s", last_seq=2))
    before = (model.unread("r"), model.unread_elsewhere(), model.unread("gone"))
    model.take(message(6))
    model.begin("r")
    elsewhere = model.unread_elsewhere()
    model.on_screen([message(6)])
    unwatched = model.unread("r")
    read = model.read_shown()

    assert before == (2, 4, 0)
    assert (elsewhere, unwatched) == (2, 3)
    assert read == ("r", 6)
    assert model.unread("r") == 0


def test_what_one_wrote_oneself_is_not_unread_unless_something_before_it_is():
    model = model_of(room("r", last_seq=1, read_seq=1))
    model.take(message(2, sender="me"))
    caught_up = model.unread("r")
    model.take(message(3))
    model.take(message(4, sender="me"))

    assert caught_up == 0
    assert model.unread("r") == 2


def test_a_message_is_on_its_way_until_it_comes_back_in_its_place():
    model = model_of(room("r"))
    model.outgoing["c1"] = Outgoing("r", "c1", "hello")
    waiting = len(model.waiting())
    model.outgoing["c1"].mark = Mark.SENT
    placed_later = len(model.under_way("r"))
    model.take(message(1, sender="me", client_id="c1"))

    assert (waiting, placed_later) == (1, 1)
    assert model.outgoing == {}


def test_somebody_else_cannot_take_a_message_off_its_way():
    model = model_of(room("r"))
    model.outgoing["c1"] = Outgoing("r", "c1", "hello")

    model.take(message(1, sender="eve", client_id="c1"))

    assert len(model.waiting()) == 1


def test_refused_messages_wait_in_their_room():
    model = model_of(room("r"), room("s"))
    for number, where in enumerate(["r", "s", "r"]):
        one = Outgoing(where, f"c{number}", "x", mark=Mark.FAILED)
        model.outgoing[one.client_id] = one

    assert [one.client_id for one in model.refused("r")] == ["c0", "c2"]
    assert model.under_way("r") == []


def test_what_came_while_the_page_was_on_its_way_is_shown_below_it():
    model = model_of(room("r"))
    model.take(message(3))
    model.take(message(4))

    newest = model.newest("r", [message(2), message(3)])

    assert [one.seq for one in newest] == [2, 3, 4]


def test_only_so_many_messages_are_kept():
    model = model_of(room("r"))
    for seq in range(1, KEPT_MESSAGES + 2):
        model.take(message(seq))

    assert model.kept("r", 1) is None
    assert model.kept("r", 2) == message(2)


def test_a_busy_room_that_is_not_open_is_told_of_a_few_times_only():
    model = model_of(room("r"), room("s"))

    busy = [model.may_tell("r", 100.0 + number) for number in range(QUIET_LINES + 2)]

    assert busy == [True] * QUIET_LINES + [False] * 2
    assert model.may_tell("s", 107.0)
    assert model.may_tell("r", 100.0 + QUIET_WITHIN_S)


def test_what_a_room_frame_brings_is_told_once():
    rooms = {one.id: one for one in [room("a", name="Old")]}
    model = Model(rooms, "me")
    model.by_activity()
    told = []
    for frame in (room("b", name="New"), room("b", name="New"), room("a", name="Now")):
        rooms[frame.id] = frame
        told.append(model.learn(frame))
    del rooms["a"]
    told.append(model.learn(room("a", name="", removed=True)))
    told.append(model.learn(room("z", removed=True)))

    assert told == [
        "New: New. /open 2 opens it.",
        "",
        "Old is called Now now.",
        "You are no longer in Now.",
        "",
    ]


def test_a_room_that_one_makes_is_no_news():
    rooms: dict[str, Room] = {}
    model = Model(rooms, "me")

    with model.making():
        rooms["a"] = room("a")
        early = model.learn(room("a"))
    with model.making():
        rooms["b"] = room("b")
    late = model.learn(room("b"))

    assert (early, late) == ("", "")
