"""A room is drawn by two selectors: for ``welcome`` and HTTP, and for ``room`` frames."""

import random

import msgspec

from services.chat.selectors.room_state import Portrait, members_of
from services.chat.selectors.rooms import room_for

SEED = 7
ROOMS = 30


def test_both_show_the_same_room_to_each_of_its_members(world, orm):
    dice = random.Random(SEED)  # noqa: S311 - dice, and the same ones each time
    for number in range(ROOMS):
        people = world.people(dice.randint(2, 7))
        room = world.room(*people, name=f"Room {number}")
        if len(people) == 2:
            world.rows("update room set kind = 'direct', name = '' where id = %s", room)
        world.rows(
            "update room set last_seq = 4, version = 3, open_history = random() < 0.5"
            " where id = %s",
            room,
        )
        for person in people:
            # Few different marks, so that many are equal.
            read = dice.randint(0, 3)
            shown = dice.choice((None, dice.randint(0, read)))
            world.rows(
                "update member set delivered_seq = %s, read_seq = %s, shown_read_seq = %s,"
                " role = %s, left_seq = %s where room_id = %s and user_id = %s",
                *(dice.randint(read, 4), read, shown),
                dice.choice(("owner", "admin", "member")),
                *(3 if len(people) > 2 and dice.random() < 0.2 else None, room, person.id),
            )

        state = members_of(room)
        assert state is not None
        portrait = Portrait(state)
        for user in portrait.spans:
            entry = room_for(user_id=user, room_id=room)
            assert entry is not None
            update = portrait.shown_to(user, head=4)

            assert msgspec.structs.asdict(update) == {
                **msgspec.structs.asdict(entry),
                "removed": msgspec.UNSET,
            }


def test_who_is_told_an_older_head_is_told_no_watermark_above_it(world, orm):
    people = world.people(2)
    room = world.room(*people)
    world.rows("update room set last_seq = 4 where id = %s", room)
    world.rows("update member set delivered_seq = 4, read_seq = 3 where room_id = %s", room)
    state = members_of(room)
    assert state is not None

    update = Portrait(state).shown_to(people[0].id, head=2)

    assert (update.last_seq, update.delivered_seq, update.read_seq) == (2, 2, 2)
