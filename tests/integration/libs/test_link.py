"""``Link`` on a real PostgreSQL: what it bears, what it tells, and what its breaker counts."""

import uuid
from contextlib import closing

import psycopg2
import pytest

from dev.databases import beside, make_databases
from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.postgres import (
    FAIL_MAX,
    RESET_AFTER_S,
    CannotConnect,
    ConnectionLost,
    Link,
    link_breaker,
)
from tests.background import in_background
from tests.integration.waiting import until

SETUP = "set application_name = 'link'; set statement_timeout = 10000; set lock_timeout = 100"
PID = "select pg_backend_pid()"
ADD = "insert into entry (name) values (%s)"
LONG = "select pg_sleep(30)"


class Database:
    """An empty database of one table, and what others see of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        self.rows("create table entry (name text primary key)")

    def rows(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def names(self) -> set[object]:
        return {name for (name,) in self.rows("select name from entry")}

    def end(self, pid: object) -> None:
        """End somebody's connection."""
        self.rows("select pg_terminate_backend(%s)", pid)

    def backends(self, state: str) -> list[object]:
        """Return the processes that serve links and are ``idle``, or ``active``."""
        sql = (
            "select pid from pg_stat_activity where datname = current_database()"
            " and application_name = 'link' and state = %s"
        )
        return [pid for (pid,) in self.rows(sql, state)]


@pytest.fixture
def database(servers):
    name, server_url = f"link_{uuid.uuid4().hex[:8]}", servers.database_admin_url
    make_databases(beside(server_url, "postgres"), [name])
    database = Database(beside(server_url, name))
    with closing(database.connection):
        yield database


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def link_to(clock):
    """Makes links; they are dropped when the test ends."""
    made = []

    def make(url, *, setup=SETUP, silence_s=10.0):
        breaker = link_breaker("link", clock=clock)
        made.append(Link(url, setup=setup, silence_s=silence_s, breaker=breaker))
        return made[-1]

    yield make
    for link in made:
        link.drop()


async def opened_by_failures(link):
    """Let somebody fail until the breaker opens."""
    for _ in range(FAIL_MAX):
        assert link.breaker.state == "closed"
        with pytest.raises((CannotConnect, ConnectionLost, psycopg2.Error)):
            await link.run("select pg_sleep(10)")
    assert link.breaker.state == "open"


async def test_it_connects_anew_when_its_connection_was_ended_while_idle(database, link_to):
    link = link_to(database.url)
    ((first,),) = await link.run(PID)
    database.end(first)
    await until(lambda: database.backends("idle") == [], what="the end of the connection")

    ((second,),) = await link.run(PID)

    assert first != second
    assert link.breaker.state == "closed"


async def test_a_statement_whose_connection_ends_is_unknown_and_the_next_one_works(
    database, link_to
):
    link = link_to(database.url)

    async def cut() -> None:
        await until(lambda: database.backends("active"), what="the statement to run")
        database.end(*database.backends("active"))

    async with in_background(cut()):
        with pytest.raises(ConnectionLost):
            await link.run(LONG)
    await link.run(ADD, ("afterwards",))

    assert database.names() == {"afterwards"}
    assert link.breaker.state == "closed"


async def test_a_server_that_stays_silent_is_given_up_and_the_next_statement_works(
    database, link_to
):
    link = link_to(database.url, silence_s=0.1)

    with pytest.raises(ConnectionLost):
        await link.run(LONG)

    assert await link.run("select 1") == [(1,)]


async def test_two_failures_open_it_and_then_nothing_is_sent_until_somebody_may_try(
    database, clock, link_to
):
    link = link_to(database.url, setup=f"{SETUP}; set statement_timeout = 50")
    await opened_by_failures(link)

    with pytest.raises(Unavailable) as refused:
        await link.run(ADD, ("refused",))
    with pytest.raises(Unavailable):
        await link.connect()
    clock.advance(RESET_AFTER_S)
    await link.run(ADD, ("the probe",))

    assert refused.value.retry_after_s == pytest.approx(RESET_AFTER_S)
    assert database.names() == {"the probe"}
    assert link.breaker.state == "closed"


async def test_where_nobody_listens_two_tries_open_it(link_to):
    link = link_to("postgresql://nobody@127.0.0.1:1/nothing")

    for _ in range(FAIL_MAX):
        with pytest.raises(CannotConnect):
            await link.connect()

    assert link.breaker.state == "open"


async def test_what_is_refused_for_the_data_s_sake_opens_nothing(database, link_to):
    link = link_to(database.url)
    await link.run(ADD, ("there",))

    for _ in range(FAIL_MAX * 2):
        with pytest.raises(psycopg2.errors.UniqueViolation):
            await link.run(ADD, ("there",))
        with pytest.raises(ValueError, match="NUL"):
            await link.run(ADD, ("\0",))

    assert link.breaker.state == "closed"


async def test_a_lock_that_somebody_holds_opens_nothing(database, link_to):
    link = link_to(database.url)
    with closing(psycopg2.connect(database.url)) as holder, holder.cursor() as cursor:
        cursor.execute("lock table entry")

        for _ in range(FAIL_MAX * 2):
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                await link.run(ADD, ("in vain",))

    assert link.breaker.state == "closed"


async def test_a_server_that_only_reads_counts_as_away(database, link_to):
    link = link_to(database.url, setup=f"{SETUP}; set default_transaction_read_only = on")

    for _ in range(FAIL_MAX):
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            await link.run(ADD, ("in vain",))

    assert link.breaker.state == "open"
