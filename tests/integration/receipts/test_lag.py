"""Who lags, judged on a real database: with a clock of our own, and the real fold beside it."""

import asyncio
import contextlib
import uuid
from contextlib import closing

import psycopg2
import pytest

from libs.common.clock import ManualClock
from libs.common.events import MemberCaughtUp, MemberLagging, RoomHead
from libs.common.postgres import Connection
from services.receipts.actions.fold import News
from services.receipts.actions.lag import LagJudge, judge as judge_module
from services.receipts.actions.lag.judge import AFTER_S, EVERY_S
from services.receipts.actions.lag.judging import judge
from services.receipts.domain.watermarks import Claim
from services.receipts.selectors.lag import all_laggards, lag_events
from tests.integration.waiting import WITHIN_S

ANN, BOB, CAT = sorted(str(uuid.uuid4()) for _ in range(3))


class Judges:
    """Some processes' judges, all by one clock; what they announce is collected."""

    def __init__(self, database, threads):
        self.database = database
        self._threads = threads
        self.clock = ManualClock()
        self.pokes = 0
        self._made = []

    def another(self):
        judge = LagJudge(dsn=self.database.url, clock=self.clock, on_judged=self.poke)
        self._made.append(judge)
        return judge

    def poke(self):
        self.pokes += 1

    async def looks(self, judge, *, seconds):
        """Let a judge look every second, and so long."""
        for _ in range(round(seconds / EVERY_S)):
            self.clock.advance(EVERY_S)
            await judge.look()

    async def news(self):
        """Return what the relay would publish now, and delete it from the outbox."""
        rows = self.database.rows(
            "delete from outbox where event = 'lag.judged' returning id, rooms::text, users::text"
        )
        subjects = [
            subject
            for _, rooms, users in sorted(rows)
            for subject in zip(_ids(rooms), _ids(users), strict=True)
        ]
        return await self._threads.run(lag_events, subjects)

    def close(self):
        for each in self._made:
            each._let_go()


def _ids(array):
    """Read an array of UUIDs."""
    return [None if each == "NULL" else uuid.UUID(each) for each in array.strip("{}").split(",")]


@pytest.fixture
def judges(database, threads):
    judges = Judges(database, threads)
    yield judges
    judges.close()


@pytest.fixture
def laggards(database):
    """Return who has a row: user, told_seq, moved."""
    return lambda: database.rows(
        "select user_id::text, told_seq, moved from laggard order by room_id, user_id"
    )


async def test_who_acknowledges_in_time_never_gets_a_row(judges, database, laggards):
    room = await database.room(ANN, BOB)
    judge = judges.another()

    for head in range(1, 12):
        await database.written(room, head)
        await judges.looks(judge, seconds=1)
        for user in (ANN, BOB):
            await database.received(room, user, head)
        assert laggards() == []

    await judges.looks(judge, seconds=AFTER_S)
    assert database.rows("select head, judged_head, is_due from room") == [(11, 11, False)]
    assert database.rows("select count(*) from outbox where event = 'lag.judged'") == [(0,)]
    assert judges.pokes == 0


async def test_a_member_who_falls_behind_is_announced_once(judges, database, laggards):
    room = await database.room(ANN, BOB, head=4)
    await database.received(room, ANN, 4)
    await database.received(room, BOB, 1)
    judge = judges.another()

    await judges.looks(judge, seconds=AFTER_S)
    assert laggards() == []
    await judges.looks(judge, seconds=3)

    lagging = MemberLagging(room=room, user=BOB, delivered_seq=1, head=4)
    assert await judges.news() == [lagging, RoomHead(room=room, head=4)]
    assert laggards() == [(BOB, 1, False)]
    assert judges.pokes == 1


async def test_members_who_become_known_after_the_room_was_judged_are_judged_all_the_same(
    judges, database, laggards
):
    room = str(uuid.uuid4())
    await database.written(room, 4)
    judge = judges.another()
    await judges.looks(judge, seconds=AFTER_S + 1)
    unknown = database.rows("select judged_head from room")
    await database.room(ANN, BOB, room=room)
    await database.received(room, ANN, 4)

    await judges.looks(judge, seconds=AFTER_S + 1)
    await database.room(ANN, BOB, room=room, version=2)
    lagging = await judges.news()
    await judges.looks(judge, seconds=AFTER_S + 1)

    assert unknown == [(4,)]
    expected = MemberLagging(room=room, user=BOB, delivered_seq=0, head=4)
    assert lagging == [expected, RoomHead(room=room, head=4)]
    assert await judges.news() == []
    assert laggards() == [(BOB, 0, False)]


async def test_a_laggard_who_moves_is_announced_again_and_again_when_caught_up(
    judges, database, laggards
):
    room = await database.room(ANN, head=4)
    judge = judges.another()
    await judges.looks(judge, seconds=4)
    await judges.news()

    await database.received(room, ANN, 2)
    await judges.looks(judge, seconds=3)
    halfway = await judges.news()
    await database.received(room, ANN, 4)
    await judges.looks(judge, seconds=3)

    assert halfway == [MemberLagging(room=room, user=ANN, delivered_seq=2, head=4)]
    assert await judges.news() == [MemberCaughtUp(room=room, user=ANN, delivered_seq=4, head=4)]
    assert laggards() == []


async def test_the_head_of_a_room_with_laggards_is_told_when_it_moves(judges, database):
    room = await database.room(ANN, head=1)
    quiet = await database.room(BOB, head=1)
    judge = judges.another()
    await judges.looks(judge, seconds=4)
    await database.received(quiet, BOB, 1)
    await judges.looks(judge, seconds=1)
    await judges.news()

    await database.written(room, 9)
    await database.written(quiet, 9)
    await database.received(quiet, BOB, 9)
    await judges.looks(judge, seconds=4)

    assert await judges.news() == [RoomHead(room=room, head=9)]


async def test_who_leaves_goes_silently(judges, database, laggards):
    room = await database.room(ANN, BOB, head=3)
    judge = judges.another()
    await judges.looks(judge, seconds=3)

    await database.room(BOB, room=room, version=2)
    told = await judges.news()
    await judges.looks(judge, seconds=3)

    assert [event.user for event in told if isinstance(event, MemberLagging)] == [BOB]
    assert [user for user, *_ in laggards()] == [BOB]
    assert await judges.news() == []


async def test_who_caught_up_is_not_told_to_lag_by_a_later_message(judges, database):
    room = await database.room(ANN, head=3)
    judge = judges.another()
    await judges.looks(judge, seconds=4)
    await judges.news()
    await database.received(room, ANN, 3)
    await judges.looks(judge, seconds=1)

    await database.written(room, 4)
    told = await judges.news()

    assert told == [MemberCaughtUp(room=room, user=ANN, delivered_seq=3, head=3)]


async def test_more_laggards_than_one_transaction_takes_are_all_found(
    judges, database, laggards, monkeypatch
):
    monkeypatch.setattr(judge_module, "ROOMS", 2)
    monkeypatch.setattr(judge_module, "MOVED", 3)
    users = [str(uuid.uuid4()) for _ in range(5)]
    rooms = [await database.room(*users, head=1) for _ in range(5)]
    judge = judges.another()
    await judges.looks(judge, seconds=3)
    found = len(laggards())
    await judges.news()

    for room in rooms:
        for user in users:
            await database.received(room, user, 1)
    await judges.looks(judge, seconds=1)

    assert found == 25
    assert laggards() == []
    assert len(await judges.news()) == 25
    assert database.rows("select count(*) from room where judged_head = head") == [(5,)]
    assert database.rows("select count(*) from room where not is_due") == [(5,)]


async def test_a_room_with_more_laggards_than_the_limit_is_judged_in_parts(database, judges):
    users = [str(uuid.uuid4()) for _ in range(5)]
    room, other = sorted([await database.room(*users, head=1), await database.room(ANN, head=1)])
    connection = await Connection.open(database.url, setup=judge_module.SETUP, timeout_s=WITHIN_S)

    steps = []
    due = {room: 1, other: 1}
    while due:
        step = await judge(connection, due, [], limit=2)
        steps.append(step.lagging)
        due = {room: head for room, head in due.items() if room not in step.heads}
    connection.close()

    assert sum(steps) == 6
    assert max(steps) == 2
    assert database.rows("select count(*) from laggard") == [(6,)]


async def test_one_judge_works_and_another_takes_over_when_its_connection_dies(
    judges, database, laggards
):
    room = await database.room(ANN, head=1)
    first, second = judges.another(), judges.another()
    assert [await first.look(), await second.look()] == [True, False]

    database.rows(
        "select pg_terminate_backend(pid) from pg_locks"
        " where locktype = 'advisory' and granted and database = (select oid from pg_database"
        " where datname = current_database())"
    )
    async with asyncio.timeout(WITHIN_S):
        while not await second.look():
            await asyncio.sleep(0.01)

    assert not await first.look()
    await judges.looks(second, seconds=AFTER_S)
    assert [user for user, *_ in laggards()] == [ANN]
    assert (await judges.news())[0] == MemberLagging(room=room, user=ANN, delivered_seq=0, head=1)


@contextlib.contextmanager
def receiving(database, room, user, seq):
    """A member's claim is being folded inside the block, and committed at its end."""
    with (
        closing(psycopg2.connect(database.url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "select fold_receipts(array[%(room)s::uuid], array[%(seq)s::bigint],"
            " array[%(room)s::uuid], array[%(user)s::uuid], array[1], array[%(seq)s::bigint],"
            " array[0::bigint], array[0::bigint], array[1::bigint], '{}', '{}', '{}', '{}')",
            {"room": room, "user": user, "seq": seq},
        )
        yield


async def look_meanwhile(judges, judge, claim):
    """Let the judge look once while a claim is being folded; it may wait for that."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    with claim:
        looking = asyncio.create_task(judges.looks(judge, seconds=1))
        async with asyncio.timeout(WITHIN_S):
            while not looking.done() and judges.database.rows(waiting) == [(0,)]:
                await asyncio.sleep(0.01)
    await looking


async def test_nobody_is_judged_by_what_is_out_of_date_in_a_moment(judges, database, laggards):
    room = await database.room(ANN, head=3)
    judge = judges.another()
    await judges.looks(judge, seconds=AFTER_S)

    await look_meanwhile(judges, judge, receiving(database, room, ANN, 3))

    assert laggards() == []
    assert await judges.news() == []


async def test_no_move_is_missed_that_comes_while_another_is_announced(judges, database, laggards):
    room = await database.room(ANN, head=3)
    judge = judges.another()
    await judges.looks(judge, seconds=3)
    await database.received(room, ANN, 2)

    await look_meanwhile(judges, judge, receiving(database, room, ANN, 3))
    await judges.looks(judge, seconds=1)

    assert laggards() == []
    assert MemberCaughtUp(room=room, user=ANN, delivered_seq=3, head=3) in await judges.news()


async def test_it_goes_on_beside_the_fold_and_nobody_is_left_behind(judges, database, laggards):
    users = sorted(str(uuid.uuid4()) for _ in range(20))
    rooms = [await database.room(*users, head=10) for _ in range(10)]
    judge = judges.another()
    ended = asyncio.Event()

    async def receive():
        for seq in range(1, 11):
            for room in rooms:
                claim = Claim(delivered_seq=seq, at_ms=1)
                await database.folder.fold(News(claims=[((room, user), claim) for user in users]))
        ended.set()

    async def look():
        while not ended.is_set():
            await judges.looks(judge, seconds=1)
            await asyncio.sleep(0)

    await asyncio.gather(receive(), look())
    await judges.looks(judge, seconds=4)

    assert laggards() == []
    assert database.rows("select count(*) from room where judged_head = head") == [(10,)]


async def test_all_laggards_come_in_pages(judges, database, threads):
    rooms = sorted([await database.room(ANN, BOB, head=1) for _ in range(3)])
    await judges.looks(judges.another(), seconds=3)

    pages, after = [], None
    while page := await threads.run(all_laggards, after=after, limit=4):
        pages.append(page)
        after = page[-1]

    everybody = [(room, user) for room in rooms for user in (ANN, BOB)]
    assert [(str(room), str(user)) for page in pages for room, user in page] == everybody
    assert [len(page) for page in pages] == [4, 2]
    events = await threads.run(lag_events, pages[0])
    assert {type(event) for event in events} == {MemberLagging}
