"""Who types, as it was told."""

from clients.python.parley.frames import Typing
from clients.python.parley.typists import HIDDEN_S, Typists


def typing(*users: str, room: str = "r") -> Typing:
    return Typing(room=room, users=list(users))


def told(*frames: Typing) -> Typists:
    typists = Typists()
    for frame in frames:
        typists.hear(frame)
    return typists


def test_the_last_word_counts_and_a_change_is_told_once():
    typists = Typists()
    changes = [typists.hear(one) for one in (typing("bob"), typing("bob"), typing("eve"))]

    assert changes == [[typing("bob")], [], [typing("eve")]]
    assert typists.of("r") == ["eve"]
    assert not typists.of("elsewhere")


def test_who_typed_first_stays_first_so_that_a_line_of_names_does_not_jump():
    typists = told(typing("bob", "eve"))

    assert typists.hear(typing("eve", "bob")) == []
    assert typists.hear(typing("ann", "eve", "bob")) == [typing("bob", "eve", "ann")]


def test_who_is_named_twice_types_once():
    assert told(typing("bob", "bob")).of("r") == ["bob"]


def test_a_message_hides_its_writer_until_the_server_says_that_they_have_stopped():
    typists = told(typing("bob", "eve"))

    assert typists.wrote("r", "bob", now=1) == [typing("eve")]
    assert typists.wrote("r", "ann", now=1) == []
    assert typists.wrote("elsewhere", "bob", now=1) == []
    assert typists.hear(typing("eve")) == []
    assert not typists.pending
    assert typists.hear(typing("eve", "bob")) == [typing("eve", "bob")]


def test_who_types_on_behind_their_message_is_shown_again_though_the_server_tells_nothing():
    typists = told(typing("bob"))
    typists.wrote("r", "bob", now=1)

    assert typists.pending
    assert typists.due(now=1 + HIDDEN_S / 2) == []
    assert typists.due(now=1 + HIDDEN_S) == [typing("bob")]
    assert not typists.pending


def test_while_somebody_is_hidden_the_others_come_and_go():
    typists = told(typing("bob"))
    typists.wrote("r", "bob", now=1)

    assert typists.hear(typing("bob", "eve")) == [typing("eve")]
    assert typists.hear(typing("bob")) == [typing()]
    assert typists.hear(typing()) == []
    assert not typists.pending


def test_a_room_and_all_rooms_can_be_forgotten():
    typists = told(typing("bob"), typing("eve", room="s"), typing("ann", room="t"))

    assert typists.forget("r") == [typing()]
    assert typists.clear() == [typing(room="s"), typing(room="t")]
    assert typists.clear() == []
