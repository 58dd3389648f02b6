"""What a badge is told of where no message brings it along: the newest one of others, and the counts."""

from services.chat.actions.rooms import add_members, open_group, remove_member
from services.chat.selectors.unread import LOOKED_AT, Unread, summaries_of

WRITTEN = 5


def summary_of(user, room):
    """Return seq, content and counts; None where there is nothing to tell of."""
    found = summaries_of([(user.id, room)]).get((user.id, room))
    return None if found is None else (found.seq, found.content, found.unread)


def filled_room(world, owner, guest, *, author=None):
    room = open_group(owner_id=owner.id, name="Trip", member_ids=[guest.id], address="").room
    world.fill(room, author or owner, WRITTEN)
    return room


def write(world, room, seq, author):
    """Put a message of somebody's behind the last one."""
    world.rows(
        "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
        " values (%s, %s, %s, gen_random_uuid(), 'another', now())",
        *(room, seq, author.id),
    )
    world.rows("update room set last_seq = %s where id = %s", seq, room)


def test_it_is_the_newest_with_what_is_unread_in_the_room_and_in_all(world, orm):
    owner, guest = world.people(2)
    room, _ = filled_room(world, owner, guest), filled_room(world, owner, guest)

    assert summary_of(guest, room) == (5, "number 5", Unread(room=5, total=10))


def test_ones_own_messages_are_passed_over_up_to_a_bound(world, orm):
    owner, guest = world.people(2)
    room = open_group(owner_id=owner.id, name="Trip", member_ids=[guest.id], address="").room
    world.fill(room, guest, LOOKED_AT)
    world.rows("update message set sender_id = %s where room_id = %s and seq = 1", owner.id, room)

    within = summary_of(guest, room)
    write(world, room, LOOKED_AT + 1, guest)
    beyond = summary_of(guest, room)

    assert within is not None
    assert (within[0], beyond) == (1, None)


def test_of_who_has_left_it_is_the_last_that_was_theirs_and_nothing_is_unread(world, orm):
    owner, guest = world.people(2)
    room, _ = filled_room(world, owner, guest), filled_room(world, owner, guest)

    remove_member(by=owner.id, room_id=room, member_id=guest.id, address="")
    write(world, room, WRITTEN + 1, owner)

    assert summary_of(guest, room) == (5, "number 5", Unread(room=0, total=5))


def test_of_who_was_in_no_other_room_nothing_at_all_is(world, orm):
    owner, guest = world.people(2)
    room = filled_room(world, owner, guest)

    remove_member(by=owner.id, room_id=room, member_id=guest.id, address="")

    assert summary_of(guest, room) == (5, "number 5", Unread(room=0, total=0))


def test_what_was_written_before_somebody_joined_is_not_told(world, orm):
    owner, guest, late = world.people(3)
    room = filled_room(world, owner, guest)

    add_members(by=owner.id, room_id=room, member_ids=[late.id], address="")
    before = summary_of(late, room)
    write(world, room, WRITTEN + 1, owner)

    assert before is None
    assert summary_of(late, room) == (6, "another", Unread(room=1, total=1))


def test_of_a_stranger_nothing_is(world, orm):
    owner, guest, stranger = world.people(3)

    assert summary_of(stranger, filled_room(world, owner, guest)) is None
