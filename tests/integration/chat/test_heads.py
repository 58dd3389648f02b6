"""What the safety net asks PostgreSQL each second."""

import pytest

from services.chat.selectors.heads import UNKNOWN, risen_heads
from services.chat.selectors.rooms import Head


def test_heads_are_read_again_as_soon_as_a_transaction_has_raised_them(world, orm):
    room = world.room(*world.people(2))
    with world.transaction() as cursor:
        cursor.execute("update room set last_seq = 7 where id = %s", [room])
        snapshot, (before,) = risen_heads({room: UNKNOWN}, snapshot=None)

    _, (after,) = risen_heads({room: before.risen}, snapshot=snapshot)

    assert (before.last_seq, after.last_seq) == (0, 7)


def test_nothing_is_read_while_nothing_is_written(world, orm):
    room = world.room(*world.people(2))
    snapshot, heads = risen_heads({room: UNKNOWN}, snapshot=None)

    # The processes write now and then, too: two looks have to come between.
    for _ in range(100):
        snapshot, heads = risen_heads({room: UNKNOWN}, snapshot=snapshot)
        if not heads:
            break

    assert heads == []


@pytest.mark.parametrize(
    ("change", "news"),
    [
        ("update room set last_seq = 7 where id = %s", {"last_seq": 7}),
        ("update room set version = 8 where id = %s", {"version": 8}),
        ("insert into room_marks values (%s, 3, 2)", {"marks_version": 2, "all_marks_version": 3}),
    ],
)
def test_only_rooms_of_which_anything_has_risen_are_told(world, orm, change, news):
    changed, same = (world.room(*world.people(2)) for _ in range(2))
    _, heads = risen_heads({changed: UNKNOWN, same: UNKNOWN}, snapshot=None)
    world.rows(change, changed)

    _, risen = risen_heads({head.room: head.risen for head in heads}, snapshot=None)

    assert risen == [Head(**{"room": changed, "last_seq": 0, "version": 1, **news})]
