"""What a fold of watermarks locks, in which order, and for whom it waits."""

import asyncio
import contextlib

from libs.common.postgres import plain_array
from services.chat.actions.watermarks import FOLD
from tests.integration.chat.world import WITHIN_S

LONG_MS = 10_000
WAITS = """
    select exists (select from pg_stat_activity where pid <> pg_backend_pid()
                      and wait_event_type = 'Lock' and query like '%%rising%%')
"""


async def test_members_are_locked_in_the_same_order_whatever_the_order_of_the_advances(world):
    first, second, room = pair(world)

    with world.transaction() as other:
        lock(other, room, second)
        async with folding(world, room, {second: (3, 3, 3), first: (3, 3, 3)}):
            free = world.rows(
                "select user_id::text from member where room_id = %s for update skip locked", room
            )
            other.connection.rollback()

    assert free == []
    assert marks(world, room) == {first.id: (3, 3, None), second.id: (3, 3, None)}


async def test_a_fold_that_waited_for_another_never_moves_back_what_that_one_raised(world):
    first, second, room = pair(world)

    with world.transaction() as other:
        other.execute(
            "update member set delivered_seq = 5, read_seq = 4, shown_read_seq = 1"
            " where room_id = %s",
            [room],
        )
        async with folding(world, room, {first: (4, 3, 0), second: (6, 2, 2)}):
            other.connection.commit()

    assert marks(world, room) == {first.id: (5, 4, 1), second.id: (6, 4, 2)}


async def test_a_fold_takes_no_lock_that_a_writer_waits_for(world):
    first, _, room = pair(world)

    with world.transaction() as writer:
        writer.execute("select from room where id = %s for no key update", [room])
        with world.transaction() as fold:
            run(fold, room, {first: (2, 2, 2)})

    assert marks(world, room)[first.id] == (2, 2, None)


def pair(world):
    """Return two people, in the order of their ids, and a room of theirs with some messages."""
    people = sorted(world.people(2), key=lambda person: person.id)
    room = world.room(*reversed(people))  # the order of the rows is another than that of the ids
    world.fill(room, people[0], 9)
    return *people, room


def lock(cursor, room, person):
    cursor.execute(
        "select from member where room_id = %s and user_id = %s for no key update",
        [room, person.id],
    )


def run(cursor, room, told):
    columns = [
        [room] * len(told),
        [person.id for person in told],
        *zip(*told.values(), strict=True),
    ]
    cursor.execute(FOLD, [LONG_MS, *map(plain_array, columns)])


@contextlib.asynccontextmanager
async def folding(world, room, told):
    """Begin to fold; inside the block it waits for a lock, after it, it is done."""

    def fold():
        with world.transaction() as cursor:
            run(cursor, room, told)

    work = asyncio.create_task(asyncio.to_thread(fold))
    async with asyncio.timeout(WITHIN_S):
        while world.rows(WAITS) != [(True,)]:
            await asyncio.sleep(0.01)
    yield
    await work


def marks(world, room):
    found = world.rows(
        "select user_id::text, delivered_seq, read_seq, shown_read_seq from member"
        " where room_id = %s",
        room,
    )
    return {user: tuple(marks) for user, *marks in found}
