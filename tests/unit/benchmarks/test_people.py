"""Who takes part: read, picked, and dealt out to load processes."""

import pytest

from benchmarks.load.people import Somebody, people_in, picked, room_sizes, shares


def crowd(*sizes):
    return [
        Somebody(user=f"{room}-{number}", room=str(room), token="t")
        for room, size in enumerate(sizes)
        for number in range(size)
    ]


def rooms_of(people):
    return {each.room for each in people}


def test_people_are_read_a_line_each():
    lines = b'{"user":"u","room":"r","token":"t"}\n\n{"user":"v","room":"r","token":"t"}\n'

    people = people_in(lines)

    assert [each.user for each in people] == ["u", "v"]
    assert room_sizes(people) == {"r": 2}


def test_every_share_has_whole_rooms_and_everybody_is_in_one():
    people = crowd(*[2] * 7)

    dealt = shares(people, 3)

    assert sorted(each.user for part in dealt for each in part) == sorted(
        each.user for each in people
    )
    homes = [rooms_of(part) for part in dealt]
    assert sum(map(len, homes)) == 7
    assert sorted(map(len, homes)) == [2, 2, 3]


def test_a_room_larger_than_a_share_is_spread_over_all():
    dealt = shares(crowd(10), 2)

    assert [len(part) for part in dealt] == [5, 5]


def test_as_many_rooms_of_a_size_are_picked_as_are_needed():
    people = picked(crowd(2, 5, 2, 2), [5, 2, 2])

    assert list(room_sizes(people).values()) == [5, 2, 2]
    assert rooms_of(people) == {"1", "0", "2"}


def test_too_few_people_are_refused_with_what_is_needed():
    with pytest.raises(ValueError, match="crowd 3x2 1x5"):
        picked(crowd(2, 2), [2, 2, 2, 5])
