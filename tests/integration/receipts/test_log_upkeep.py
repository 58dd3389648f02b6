"""The log's partitions on a real database, with somebody who writes to it."""

import asyncio
import datetime as dt
import itertools
import threading
import uuid
from contextlib import closing

import psycopg2
import pytest
from psycopg2 import sql

from dev.manage import manage
from libs.common.errors import Unavailable
from services.receipts.actions.log_upkeep import (
    DAYS_AHEAD,
    look_after_log,
    make_partition,
)
from services.receipts.selectors.log_days import days_with_partition, today, unsorted_days
from tests.integration.chat.world import WITHIN_S
from tests.integration.own_database import service_named

KEEP_DAYS = 30
INSERT = (
    "insert into advance (room_id, user_id, delivered_from, delivered_seq, read_from, read_seq,"
    " shown_from, shown_read_seq, logged_at) values (%s, %s, 0, %s, 0, 0, 0, 0,"
    " coalesce(%s, now()))"
)
COUNT = "select count(*) from {}"
UNSORT = (
    "begin; lock table advance; alter table advance detach partition {0};"
    " insert into advance select * from {0}; drop table {0}; commit"
)


class Writers:
    """Threads that write one row after the other while a block lasts."""

    def __init__(self, url, *, count=3):
        self.written = 0
        self.errors = []
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self):
        room = str(uuid.uuid4())
        with closing(psycopg2.connect(self._url)) as connection, connection.cursor() as cursor:
            for seq in itertools.count(1):
                if self._stop.is_set():
                    return
                try:
                    cursor.execute(INSERT, (room, room, seq, None))
                except psycopg2.Error as error:
                    self.errors.append(error)
                    connection.rollback()
                else:
                    connection.commit()
                    self.written += 1


@pytest.fixture
def log(database, threads):
    """The log of a database that nobody has looked after yet."""
    remove_partitions(database)
    yield database
    remove_partitions(database)


def remove_partitions(database):
    found = database.rows(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'advance'::regclass"
    )
    for (name,) in found:
        if name != "advance_unsorted":
            database.rows(f"drop table {name}")


def write(database, *, logged_at=None, count=1):
    room, user = uuid.uuid4(), uuid.uuid4()
    for seq in range(1, count + 1):
        database.rows(INSERT, str(room), str(user), seq, logged_at)


def of_day(statement, day):
    """Put the name of a day's partition into a statement."""
    return sql.SQL(statement).format(sql.Identifier(f"advance_{day:%Y_%m_%d}"))


def noon(day):
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)


async def test_today_and_the_days_ahead_get_their_partitions_once(log, threads):
    first = await threads.run(look_after_log, keep_days=KEEP_DAYS)
    again = await threads.run(look_after_log, keep_days=KEEP_DAYS)

    day = await threads.run(today)
    expected = [day + dt.timedelta(days=number) for number in range(DAYS_AHEAD + 1)]
    assert (first.made, again.made) == (expected, [])
    assert sorted(await threads.run(days_with_partition)) == expected


async def test_a_new_row_goes_into_the_partition_of_its_day_in_utc(log, threads):
    await threads.run(look_after_log, keep_days=KEEP_DAYS)
    day = await threads.run(today)
    last_moment = dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=dt.UTC)

    write(log)
    write(log, logged_at=last_moment)
    write(log, logged_at=last_moment + dt.timedelta(seconds=1))

    assert log.rows(of_day(COUNT, day)) == [(2,)]
    assert await threads.run(unsorted_days) == {}


async def test_rows_that_found_no_partition_are_moved_into_their_day(log, threads):
    day = await threads.run(today)
    earlier = day - dt.timedelta(days=3)
    write(log, count=5)
    write(log, logged_at=noon(earlier), count=2)

    changes = await threads.run(look_after_log, keep_days=KEEP_DAYS)

    assert changes.moved == 7
    assert earlier in changes.made
    assert await threads.run(unsorted_days) == {}
    assert log.rows(of_day(COUNT, earlier)) == [(2,)]
    assert log.rows("select count(*) from advance") == [(7,)]


async def test_days_too_old_to_be_kept_are_dropped_and_the_oldest_kept_one_is_not(log, threads):
    day = await threads.run(today)
    kept, too_old = (day - dt.timedelta(days=days) for days in (KEEP_DAYS, KEEP_DAYS + 1))
    for each in (kept, too_old):
        await threads.run(make_partition, each)
        write(log, logged_at=noon(each), count=3)

    changes = await threads.run(look_after_log, keep_days=KEEP_DAYS)

    assert changes.dropped == [too_old]
    assert min(await threads.run(days_with_partition)) == kept
    assert log.rows("select count(*) from advance") == [(3,)]


async def test_a_partition_has_the_indexes_of_the_log(log, threads):
    await threads.run(look_after_log, keep_days=KEEP_DAYS)

    missing = log.rows(
        "select indexrelid::regclass from pg_index where indrelid = 'advance'::regclass"
        " and not indisvalid"
    )
    parts = log.rows(
        "select count(*), count(distinct inhrelid) from pg_inherits join pg_index"
        " on indexrelid = inhparent where indrelid = 'advance'::regclass"
    )

    assert missing == []
    assert parts == [(3 * (DAYS_AHEAD + 2),) * 2]


async def test_writers_go_on_meanwhile_and_lose_nothing(log, threads):
    with Writers(log.url) as writers:
        for _ in range(10):
            await try_until_done(threads)
            # Back to where nothing but the unsorted partition takes what is written.
            log.rows(of_day(UNSORT, await threads.run(today)))
        await try_until_done(threads)

    assert writers.errors == []
    assert writers.written
    assert log.rows("select count(*) from advance") == [(writers.written,)]
    assert await threads.run(unsorted_days) == {}


async def try_until_done(threads):
    """Repeat as the process does, without its pauses."""
    for _ in range(50):
        try:
            return await threads.run(look_after_log, keep_days=KEEP_DAYS)
        except Unavailable:
            continue
    raise AssertionError("upkeep never got through")


async def test_it_waits_for_no_lock_for_long_and_changes_nothing_then(log, threads):
    with closing(psycopg2.connect(log.url)) as connection, connection.cursor() as cursor:
        cursor.execute("lock table advance in row exclusive mode")

        with pytest.raises(Unavailable):
            await threads.run(look_after_log, keep_days=KEEP_DAYS)

        connection.rollback()
    assert await threads.run(days_with_partition) == set()


async def test_two_processes_are_not_in_each_others_way(log, threads):
    with closing(psycopg2.connect(log.url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended('parley: upkeep of the log', 0))"
        )

        changes = await threads.run(look_after_log, keep_days=KEEP_DAYS)

        connection.rollback()
    assert (changes.made, changes.dropped) == ([], [])


async def test_the_running_service_looks_after_its_log_and_so_does_the_command(world, capfd):
    named = (
        "select count(*) from pg_inherits where inhparent = 'advance'::regclass"
        " and inhrelid::regclass::text <> 'advance_unsorted'"
    )
    async with asyncio.timeout(WITHIN_S):
        while world.receipts_rows(named) != [(DAYS_AHEAD + 1,)]:
            await asyncio.sleep(0.05)

    status = await asyncio.to_thread(
        manage, world.suite.run_dir, service_named("receipts"), ["upkeep"]
    )

    assert status == 0
    assert "partitions made: none; rows moved: 0" in capfd.readouterr().out
