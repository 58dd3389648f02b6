"""The comparison of two stores leaves out nothing of which it does not say why."""

import dataclasses

import pytest

from clients.python.parley.core import Core
from clients.python.parley.frames import Welcome
from clients.python.parley.marks import RoomMarks
from tests.integration.state.anatomy import BESIDE, UnknownMember, differences, picture
from tests.unit.clients.python import fakes
from tests.unit.clients.python.test_core import message, welcome


def store(**room: int) -> Core:
    """Return a store that knows a room, and of a person that somebody types there."""
    core = Core(random=lambda: 0.0)
    core.receive(welcome(fakes.room("r", **room)), 0)
    return core


def test_a_store_is_like_itself():
    assert differences(picture(store()), picture(store())) == {}


def test_a_member_that_no_rule_knows_is_refused():
    core = store()
    core.rooms.colour = "red"  # type: ignore[attr-defined] # that is the point

    with pytest.raises(UnknownMember, match=r"Rooms: \['colour'\]"):
        picture(core)


def test_so_is_one_in_a_class_that_has_grown():
    @dataclasses.dataclass
    class Grown(RoomMarks):
        colour: str = "red"

    core = store()
    core.marks._rooms["r"] = Grown()

    with pytest.raises(UnknownMember, match="Grown"):
        picture(core)


def test_a_member_that_is_gone_is_refused():
    core = store()
    del core.rooms.gaps

    with pytest.raises(UnknownMember, match="gaps"):
        picture(core)


def test_of_the_welcome_that_is_kept_beside_it_each_member_is_set_aside_with_a_reason():
    assert BESIDE.keys() == set(Welcome.__struct_fields__)


def test_what_differs_is_named_with_both_values():
    core = store(last_seq=1)
    core.receive(message(1), 0)

    found = differences(picture(core), picture(store(last_seq=1)))

    assert found["rooms._shelves[r].cursor"] == (1, 0)
