"""The fold of watermarks on PostgreSQL: whatever is told, rows end at the greatest of it."""

import itertools
import uuid

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from libs.common.events import Advance
from services.chat.actions.rooms import add_members, open_group, remove_member
from services.chat.actions.watermarks import fold_advances
from services.chat.selectors.unread import unread_of

HEAD = 6
JOINED = 2
PRESENT, LEFT, STRANGER = range(2), 2, 3


@st.composite
def claims(draw):
    """Who, and up to where; also of who is not present, and above the head."""
    shown, read, delivered = sorted(draw(st.tuples(*[st.integers(0, HEAD + 2)] * 3)))
    return draw(st.integers(0, STRANGER)), (delivered, read, shown)


@pytest.fixture(scope="module")
def users(world):
    """Two who are present, one who has left, and a stranger: the same in all rooms here."""
    return [person.id for person in world.people(STRANGER + 1)]


@pytest.mark.promise(number=5)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(claims(), min_size=1, max_size=6), max_size=8), data=st.data())
def test_any_order_repetition_and_replay_ends_at_the_greatest_of_all_that_was_told(
    world, orm, users, batches, data
):
    room = room_of_three(world, users)
    told = [each for batch in batches for each in batch]
    replayed = data.draw(st.lists(st.sampled_from(told), max_size=6)) if told else []
    states = [rows(world, room, users)]

    for batch in [*batches, replayed]:
        moved = fold_advances([advance(room, users, *each) for each in batch])
        states.append(rows(world, room, users))
        assert moved == sum(one != other for one, other in zip(states[-2], states[-1], strict=True))

    for number in PRESENT:
        reached = [marks for who, marks in told if who == number]
        assert states[-1][number] == tuple(
            max(JOINED, min(HEAD, max(each, default=0)))
            for each in (zip(*reached, strict=True) if reached else ((), (), ()))
        )
    assert states[-1][LEFT] == states[0][LEFT]
    assert version(world, room) == sum(
        before != after for before, after in itertools.pairwise(states)
    )
    assert fold_advances([advance(room, users, *each) for each in told]) == 0


def room_of_three(world, users):
    """Make a room of two members and one who has left, in as few statements as possible."""
    room = str(uuid.uuid4())
    world.rows(
        """
        with made as (insert into room (id, kind, name, open_history, version, last_seq)
                      values (%s, 'group', '', false, 1, %s) returning id)
        insert into member (room_id, user_id, role, joined_seq, left_seq, delivered_seq, read_seq)
        select id, person::uuid, 'member', %s, left_seq, %s, %s
          from made, unnest(%s, %s) as _ (person, left_seq)
        """,
        *(room, HEAD, JOINED, JOINED, JOINED, users[:STRANGER], [None, None, HEAD]),
    )
    return room


def advance(room, users, who, marks):
    delivered, read, shown = marks
    return Advance(room, users[who], delivered, read, shown, at_ms=0)


def rows(world, room, users):
    """Return (delivered, read, shown as read) of the three who are or were members, in order."""
    found = world.rows(
        "select user_id::text, delivered_seq, read_seq, coalesce(shown_read_seq, read_seq),"
        " shown_read_seq is distinct from read_seq from member where room_id = %s",
        room,
    )
    assert all(row[4] for row in found), "null where it is the same"
    marks = {row[0]: row[1:4] for row in found}
    return [marks[user] for user in users[:STRANGER]]


def version(world, room):
    return sum(
        found for (found,) in world.rows("select version from room_marks where room_id = %s", room)
    )


def test_what_others_see_stands_still_while_somebody_reads_in_private(world, orm, users):
    room = room_of_three(world, users)

    fold_advances([advance(room, users, 0, (5, 5, 3))])
    private = rows(world, room, users)[0]
    fold_advances([advance(room, users, 0, (6, 6, 6))])

    assert private == (5, 5, 3)
    assert rows(world, room, users)[0] == (6, 6, 6)


def test_what_others_may_not_know_counts_in_no_version_that_they_see(world, orm, users):
    room = room_of_three(world, users)

    for marks in ((5, 3, 3), (5, 4, 3), (5, 5, 3), (5, 5, 5), (6, 6, 5)):
        fold_advances([advance(room, users, 0, marks)])

    assert world.rows("select version, shown_version from room_marks where room_id = %s", room) == [
        (5, 3)
    ]


def test_unread_follows_what_was_read_in_private_too(world, orm, users):
    room = room_of_three(world, users)

    fold_advances([advance(room, users, 0, (6, 5, 2))])

    assert unread_of([(users[0], room)])[(users[0], room)].room == HEAD - 5


def test_who_comes_back_begins_anew_and_old_advances_never_move_them(world, orm):
    owner, guest = world.people(2)
    room = open_group(owner_id=owner.id, name="Trip", member_ids=[guest.id], address="").room
    world.fill(room, owner, 4)
    old = [Advance(room, guest.id, n, n, 0, at_ms=0) for n in (3, 4)]
    fold_advances(old)

    remove_member(by=owner.id, room_id=room, member_id=guest.id, address="")
    world.rows("update room set last_seq = 7 where id = %s", room)
    while_away = fold_advances([Advance(room, guest.id, 7, 7, 7, at_ms=0)])
    add_members(by=owner.id, room_id=room, member_ids=[guest.id], address="")
    back = fold_advances(old)

    assert (while_away, back) == (0, 0)
    assert world.rows(
        "select joined_seq, delivered_seq, read_seq, shown_read_seq from member"
        " where room_id = %s and user_id = %s",
        *(room, guest.id),
    ) == [(7, 7, 7, None)]
    assert version(world, room) == 1


def test_a_fold_touches_no_column_that_has_an_index(world):
    indexed = world.rows(
        "select attname from pg_index join pg_attribute on attrelid = indrelid"
        " and attnum = any(indkey) where indrelid in ('member'::regclass, 'room_marks'::regclass)"
    )

    assert not {"delivered_seq", "read_seq", "shown_read_seq", "version"} & {n for (n,) in indexed}
