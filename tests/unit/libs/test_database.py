"""The bounded pool of threads: what its callers are told when no thread or no answer comes."""

import asyncio
import threading

import pytest
from django.db import OperationalError

from libs.common.clock import ManualClock
from libs.common.database import RESET_AFTER_S, DatabaseThreads, django_database
from libs.common.errors import Timeout, Unavailable
from tests.waiting import WITHIN_S


class Work:
    """Work that holds its thread until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        self.let_go.wait(5)
        return "done"


@pytest.fixture
def hanging():
    """Work that hangs; let go when the test ends."""
    work = Work()
    yield work
    work.let_go.set()


async def test_what_was_begun_and_gave_no_answer_in_time_is_unknown(hanging):
    threads = DatabaseThreads(1, deadline_s=0.05)

    with pytest.raises(Timeout):
        await threads.run(hanging)

    assert hanging.begun.is_set()
    hanging.let_go.set()
    await threads.close(1)


async def test_what_found_no_thread_in_time_is_refused_and_never_done(hanging):
    threads = DatabaseThreads(1, deadline_s=0.05)
    never = Work()
    with pytest.raises(Timeout):
        await threads.run(hanging)

    with pytest.raises(Unavailable) as refused:
        await threads.run(never)

    assert refused.value.retry_after_s is not None
    hanging.let_go.set()
    await threads.close(1)
    assert not never.begun.is_set()


async def test_a_caller_that_is_cancelled_leaves_nothing_behind_that_would_still_be_done(hanging):
    threads = DatabaseThreads(1)
    never = Work()
    first = asyncio.create_task(threads.run(hanging))
    second = asyncio.create_task(threads.run(never))
    await asyncio.to_thread(hanging.begun.wait, 5)

    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    hanging.let_go.set()

    assert await first == "done"
    await threads.close(1)
    assert not never.begun.is_set()


async def test_places_come_back_when_callers_have_given_up(hanging):
    threads = DatabaseThreads(1, waiting=1, deadline_s=0.05)
    for _ in range(5):
        with pytest.raises((Timeout, Unavailable)):
            await threads.run(hanging)

    hanging.let_go.set()

    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                assert await threads.run(str.upper, "back") == "BACK"
            except (Timeout, Unavailable):
                await asyncio.sleep(0)
                continue
            break
    await threads.close(1)


async def test_a_database_that_is_away_is_unavailable_and_other_errors_stay_themselves():
    threads = DatabaseThreads(1)

    def away() -> None:
        raise OperationalError

    def bug() -> None:
        raise KeyError("bug")

    with pytest.raises(Unavailable):
        await threads.run(away)
    with pytest.raises(KeyError):
        await threads.run(bug)
    await threads.close(1)


class Server:
    """Stands for PostgreSQL, which is away, or refuses; counts who asked it."""

    def __init__(self, *causes: Exception) -> None:
        self.causes = list(causes)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.causes:
            raise OperationalError from self.causes.pop(0)
        return "done"


class LockNotAvailable(Exception):
    pgcode = "55P03"


class ConnectionRefused(Exception):
    pgcode = None


async def test_a_database_that_is_away_is_left_alone_and_tried_by_one_caller():
    clock = ManualClock()
    threads = DatabaseThreads(1, clock=clock)
    server = Server(*(ConnectionRefused() for _ in range(5)))

    for _ in range(5):
        with pytest.raises(Unavailable):
            await threads.run(server)
    with pytest.raises(Unavailable) as refused:
        await threads.run(server)
    asked = server.asked
    clock.advance(RESET_AFTER_S)
    answer = await threads.run(server)

    assert (asked, refused.value.retry_after_s) == (5, RESET_AFTER_S)
    assert (answer, threads.breaker.state) == ("done", "closed")
    await threads.close(1)


async def test_a_row_that_others_hold_locked_says_nothing_against_the_database():
    threads = DatabaseThreads(1, clock=ManualClock())
    server = Server(*(LockNotAvailable() for _ in range(8)))

    for _ in range(8):
        with pytest.raises(Unavailable):
            await threads.run(server)

    assert await threads.run(server) == "done"
    await threads.close(1)


def test_what_follows_the_address_reaches_libpq_and_takes_nothing_away():
    url = "postgresql://ann:p%40ss@db.example:5433/chat?sslmode=verify-full&sslrootcert=%2Fca.pem"

    options = django_database(url, name="parley-chat")["OPTIONS"]

    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/ca.pem")
    assert options["application_name"] == "parley-chat"
    assert "statement_timeout" in options["options"]
