"""What receipts reads does not grow with its rooms, its members, or the length of its log.

On full tables, because a plan on an empty table is not the plan on a full one; and once with
statistics of young ones, because nothing here may depend on when they were last analysed.
"""

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest

from libs.common.clock import SystemClock
from services.receipts.actions.fold import Folder, News
from services.receipts.actions.lag import judge as looking, judging
from services.receipts.actions.log_upkeep import look_after_log, make_partition
from services.receipts.domain.watermarks import Claim
from services.receipts.outbox.left_over import ROWS, publish_some
from services.receipts.selectors import advances, lag, reconciling, retold, watermarks
from services.receipts.selectors.log_days import days_with_partition, today
from services.receipts.selectors.message_receipts import message_receipts
from tests.integration.full_tables import (
    HALL,
    HALL_MEMBERS,
    ROOMS,
    STATISTICS,
    fill,
    full_tables,
    leave_alone,
    members,
    person,
    room,
)
from tests.integration.own_database import make_migrated
from tests.integration.plans import Explaining, counts, of

SCRIPT = Path(__file__).with_name("full_tables.sql")
ALICE = person(1)
DAYS = 4
"""Days of the log before today."""
PAGE = watermarks.Page(limit=50)
SOME = members(2_000, 100)
LOOKED_AHEAD = 40
"""Rows a member that a fold may look at: a loop over own messages fetches ten of them at once."""
IDS = [(UUID(place), UUID(user)) for place, user in SOME]
STORED_MARKS = HALL_MEMBERS + 3 * (ROOMS - 1)


def part_the_log(_: str) -> None:
    look_after_log(keep_days=DAYS)
    for number in range(1, DAYS + 1):
        make_partition(today() - dt.timedelta(days=number))


@pytest.fixture(scope="module", params=STATISTICS)
def tables(request, servers, django_db_blocker):
    with (
        django_db_blocker.unblock(),
        full_tables(
            SCRIPT,
            servers.database_admin_url,
            statistics=request.param,
            prepare=part_the_log,
        ) as url,
    ):
        yield url


def parts() -> int:
    """Return of how many tables the log consists: each is looked into."""
    return len(days_with_partition()) + 1


def test_who_has_a_message_is_found_by_one_step_for_each_member_and_day(tables):
    page = of(lambda: message_receipts(user_id=ALICE, room_id=HALL, seq=20_000, page=PAGE))

    page.check(rows=HALL_MEMBERS + PAGE.limit * parts(), pages=4 * PAGE.limit * parts())


def test_a_page_of_a_rooms_watermarks_reads_the_members_of_one_room(tables):
    page = of(lambda: watermarks.room_watermarks(user_id=ALICE, room_id=HALL, page=PAGE))

    page.check(rows=HALL_MEMBERS)


def test_news_of_advances_find_the_newest_of_each_member_in_the_log(tables):
    found = of(lambda: advances.advances_of(IDS))

    found.check(rows=len(IDS) * parts(), pages=6 * len(IDS) * parts())


NEWS = {
    "some": lambda: lag.lag_events(IDS),
    "everybody": lambda: lag.all_laggards(after=IDS[0], limit=1_000),
}


@pytest.mark.parametrize("name", NEWS)
def test_news_of_who_lags_read_those_of_whom_they_tell(tables, name):
    of(NEWS[name]).check(rows=1_000)


def test_a_page_of_what_is_told_again_reads_a_page_of_the_log(tables):
    since = SystemClock().now() - dt.timedelta(hours=20)

    of(lambda: retold.advanced_since(since, after=None)).check(rows=4 * retold.LOGGED)


def test_what_is_left_in_the_outbox_is_read_by_the_round(tables):
    pages = 6 * ROWS * parts()

    of(lambda: publish_some(lambda _: None, partitions=1)).check(rows=4 * ROWS, pages=pages)


RECONCILING = {
    "rooms": lambda: reconciling.rooms_after(room(5_000)),
    "watermarks": lambda: reconciling.watermarks_in([place for place, _ in SOME]),
    "log": lambda: reconciling.log_cases_in([place for place, _ in SOME]),
}


@pytest.mark.parametrize("name", RECONCILING)
def test_a_page_of_reconciling_reads_its_rooms_and_their_members(tables, name):
    compared = 3 * len(SOME)

    of(RECONCILING[name]).check(rows=4 * compared, pages=10 * compared * parts())


LOOKS = {
    "rooms": (looking.WAITING_ROOMS, (looking.BEGINNING, 10)),
    "laggards": (looking.MOVED_LAGGARDS, (looking.BEGINNING, looking.BEGINNING, 10)),
}


@pytest.mark.parametrize("name", LOOKS)
async def test_the_judge_sees_the_first_that_wait_and_looks_at_no_other(tables, name):
    connection = await judges_connection(tables)

    await connection.run(*LOOKS[name], timeout_s=judging.SILENCE_TIMEOUT_S)

    connection.close()
    connection.found.check(rows=10)


async def test_a_step_of_the_judge_reads_its_rooms_and_their_members(tables):
    connection = await judges_connection(tables)
    due = {room(number * 400): 2 for number in range(1, 21)}

    judged = await judging.judge(connection, due, SOME)

    connection.close()
    assert judged.heads == due
    connection.found.check(rows=4 * (3 * len(due) + len(SOME)))


async def judges_connection(url: str) -> Explaining:
    return await Explaining.open(url, setup=looking.SETUP, timeout_s=judging.SILENCE_TIMEOUT_S)


async def test_the_fold_reads_by_index_whatever_was_known_when_it_began(servers):
    url = make_migrated("receipts", servers.database_admin_url)
    leave_alone(url)
    folder = folder_on(url)
    for _ in range(2):
        await folder.fold(claimed((room(0), ALICE), seq=1))  # plans are made once and kept
    fill(SCRIPT, url)
    before = await counts(url, "watermark", inserted=STORED_MARKS)
    hall = [(HALL, person(number)) for number in range(1, 101)]

    await folder.fold(claimed(*SOME, seq=2))
    await folder.fold(claimed(*hall, seq=40_200))
    newcomer = (room(3), person(1))
    await folder.fold(claimed(newcomer, seq=1))
    folder.close()

    after = await counts(url, "watermark", inserted=STORED_MARKS + 2)
    assert after.seq_scans == before.seq_scans
    assert after.rows - before.rows <= LOOKED_AHEAD * (len(SOME) + len(hall))


def folder_on(url: str) -> Folder:
    return Folder(
        dsn=url,
        clock=SystemClock(),
        on_advanced=lambda _, __: None,
        take_published=list,
        put_back_published=lambda _: None,
    )


def claimed(*pairs: tuple[str, str], seq: int) -> News:
    claim = Claim(delivered_seq=seq, read_seq=1, shown_read_seq=1, at_ms=1)
    return News(claims=[(pair, claim) for pair in pairs])
