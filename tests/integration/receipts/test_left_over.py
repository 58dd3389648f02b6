"""Outbox rows that nobody published from memory: they are told later, in rounds that end in time."""

import uuid

import pytest

from libs.common.errors import Unavailable
from services.receipts.actions.fold import News
from services.receipts.domain.watermarks import Claim
from services.receipts.outbox.left_over import SUBJECTS, publish_some

OLD = "update outbox set created_at = now() - interval '2 s'"


class Stream:
    """Takes what is published, or is down; keeps the size of each round."""

    def __init__(self):
        self.is_down = False
        self.rounds = []
        self.told = {}

    def publish(self, news):
        if self.is_down:
            raise Unavailable
        advances = [each for item in news for event in item.events for each in event.advances]
        self.rounds.append(len(advances))
        self.told |= {(each.room, each.user): each for each in advances}


@pytest.fixture
def stream():
    return Stream()


async def advance(database, users, seq, *, room=None, at_ms=1_000):
    """Let as many members advance, in one call of the fold, and so by one row."""
    room = room or str(uuid.uuid4())
    claim = Claim(delivered_seq=seq, read_seq=seq, at_ms=at_ms)
    await database.folder.fold(News(claims=[((room, user), claim) for user in users]))
    return room


def new_users(count):
    return [str(uuid.uuid4()) for _ in range(count)]


async def rounds(threads, stream):
    """Publish until nothing is left; return how many rows each round published."""
    published: list[int] = []
    while not published or published[-1]:
        published.append(await threads.run(publish_some, stream.publish, partitions=1))
    return published


async def test_many_large_rows_are_told_in_rounds_of_a_bounded_size(database, threads, stream):
    users = new_users(SUBJECTS // 2 - 100)
    rooms = [await advance(database, users, 3) for _ in range(7)]
    small = await advance(database, users[:2], 5)
    database.rows(OLD)

    published = await rounds(threads, stream)

    assert published == [2, 2, 2, 2, 0]
    assert max(stream.rounds) <= SUBJECTS
    assert stream.told.keys() == {(room, user) for room in rooms for user in users} | {
        (small, user) for user in users[:2]
    }
    assert database.rows("select count(*) from outbox") == [(0,)]


async def test_a_row_above_the_bound_has_a_round_of_its_own(database, threads, stream):
    database.rows(
        "insert into outbox (event, rooms, users, created_at)"
        " select 'watermarks.advanced', array_agg(gen_random_uuid()), array_agg(gen_random_uuid()),"
        " now() - interval '2 s' from generate_series(1, %s)",
        SUBJECTS + 1,
    )
    await advance(database, new_users(1), 3)
    database.rows(OLD)

    assert await rounds(threads, stream) == [1, 1, 0]


async def test_what_was_just_committed_is_left_to_who_announces_it(database, threads, stream):
    await advance(database, new_users(1), 3)

    assert await rounds(threads, stream) == [0]
    assert stream.rounds == []


async def test_what_could_not_be_told_stays_and_is_told_as_it_is_then(database, threads, stream):
    (user,) = new_users(1)
    room = await advance(database, [user], 3, at_ms=1_000)
    database.rows(OLD)

    stream.is_down = True
    with pytest.raises(Unavailable):
        await threads.run(publish_some, stream.publish, partitions=1)
    await advance(database, [user], 8, room=room, at_ms=2_000)
    stream.is_down = False
    await rounds(threads, stream)

    (told,) = stream.told.values()
    assert (told.room, told.user, told.delivered_seq, told.read_seq, told.shown_read_seq) == (
        *(room, user),
        *(8, 8, 0),
    )
    assert (told.at_ms, told.session, told.is_own) == (2_000, None, False)


async def test_a_row_that_another_publishes_is_not_waited_for(database, threads, stream):
    await advance(database, new_users(1), 3)
    database.rows(OLD)
    rounds_of_another = []

    def publish(news):
        stream.publish(news)
        # A row that is being published is locked: the fold deletes what is published, too.
        rounds_of_another.append(database.rows("select id from outbox for update skip locked"))

    assert await threads.run(publish_some, publish, partitions=1) == 1

    assert rounds_of_another == [[]]
