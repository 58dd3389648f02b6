"""What a repair asks PostgreSQL: from when on, which rooms, and what they are now."""

import datetime as dt
import time
from collections.abc import Sequence

import pytest
from django.db import connections

from libs.common.outbox.safe_point import all_told_before, reach, safe_point
from services.chat.selectors import snapshots
from services.chat.selectors.snapshots import (
    BEGINNING,
    MEMBERS,
    changed_rooms,
    snapshots_after,
    snapshots_of,
)
from tests.integration.chat.crowds import crowd
from tests.integration.chat.world import WITHIN_S

LARGE = 1_024


@pytest.fixture
def now(world):
    """Return PostgreSQL's time."""
    return lambda: world.rows("select clock_timestamp()")[0][0]


def pages(since: dt.datetime | None) -> list[Sequence[str]]:
    """Return all pages of the rooms that changed since."""
    found: list[Sequence[str]] = []
    after: str | None = BEGINNING
    while after is not None:
        page = changed_rooms(since=since, after=after)
        found.append(page.rooms)
        after = page.next
    return found


def until_told_after(instant: dt.datetime) -> None:
    """Ask until nothing holds it back: the processes have transactions of their own, too."""
    deadline_s = time.monotonic() + WITHIN_S
    while all_told_before() <= instant:
        assert time.monotonic() < deadline_s


def test_nothing_is_told_before_a_transaction_that_goes_on(world, orm):
    with world.transaction() as cursor:
        cursor.execute("select now()")
        (began,) = cursor.fetchone()

        held_back = all_told_before()

    assert held_back <= began
    until_told_after(began)


def test_nothing_is_told_before_what_stands_in_the_outbox(world, orm):
    # A row about messages: for a second the relay leaves it to the process that wrote it, and
    # afterwards it passes over what somebody holds.
    ((row, written),) = world.rows(
        "insert into outbox (event, subjects, first_seqs, last_seqs)"
        " values ('message.created', '{}', '{}', '{}') returning id, created_at"
    )
    with world.transaction() as cursor:
        cursor.execute("delete from outbox where id = %s", [row])

        held_back = all_told_before()

    assert held_back <= written
    until_told_after(written)


def test_otherwise_all_is_told_until_now(orm, now):
    until_told_after(now())

    assert all_told_before() <= now()


def test_the_safe_point_never_goes_back(orm, now):
    later = max(safe_point() or now(), now()) + dt.timedelta(seconds=1)
    try:
        assert reach(later) == later
        assert reach(later - dt.timedelta(hours=1)) == later
        assert safe_point() == later
    finally:
        reset(later)


def reset(later):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "update safe_point set reached_at = %s where reached_at = %s",
            [later - dt.timedelta(minutes=2), later],
        )


def test_rooms_come_once_by_id_in_pages_of_bounded_members(world, orm, now):
    since = now()
    rooms = {world.room() for _ in range(3)} | {world.room() for _ in range(3)}
    large = sorted(rooms)[:4]
    for room in large:
        crowd(world, room, LARGE)

    found = [[room for room in page if room in rooms] for page in pages(since)]

    assert [room for page in found for room in page] == sorted(rooms)
    told = [[len(each.members) for each in snapshots_of(page)] for page in found]
    assert all(sum(members[:-1]) < MEMBERS for members in told)
    assert sum(len(members) > 0 for members in told) > 1


def test_a_room_that_changed_at_the_very_instant_is_told_and_one_before_is_not(world, orm, now):
    instant = now()
    exact, before = world.room(), world.room()
    world.rows(
        "update room set last_at = %s, changed_at = %s where id = %s", instant, instant, exact
    )
    earlier = instant - dt.timedelta(microseconds=1)
    world.rows(
        "update room set last_at = %s, changed_at = %s where id = %s", earlier, earlier, before
    )

    found = {room for page in pages(instant) for room in page}

    assert exact in found
    assert before not in found


def test_without_a_safe_point_every_room_is_told(world, orm):
    room = world.room()
    world.rows(
        "update room set last_at = '2001-01-01', changed_at = '2001-01-01' where id = %s", room
    )

    assert room in {each for page in pages(None) for each in page}


def test_a_room_of_nobody_is_told_without_members(world, orm):
    room, gone = world.room(), BEGINNING

    (found,) = snapshots_of([room, gone])

    assert (found.room, found.version, found.last_seq, found.members) == (room, 1, 0, [])


def test_a_page_ends_where_much_was_written_and_the_next_goes_on_there(
    world, orm, now, monkeypatch
):
    monkeypatch.setattr(snapshots, "OWN_MESSAGES", 10)
    ann = world.person()
    rooms = sorted(world.room(ann) for _ in range(5))
    for room, count in zip(rooms, (4, 6, 1, 30, 2), strict=True):
        world.fill(room, ann, count)

    found = []
    after: str | None = BEGINNING
    while after is not None:
        page = snapshots_after(after, since=now() - dt.timedelta(minutes=1), among=rooms)
        found.append([(each.room, len(each.own_seqs[ann.id])) for each in page.snapshots])
        after = page.next

    assert [room for page in found for room, _ in page] == rooms
    assert [[count for _, count in page] for page in found if page] == [[4, 6], [1, 30], [2]]


def test_of_a_long_room_only_the_newest_own_seqs_are_told(world, orm, monkeypatch):
    monkeypatch.setattr(snapshots, "OWN_MESSAGES_OF_ROOM", 7)
    ann = world.person()
    room = world.room(ann)
    world.fill(room, ann, 50)

    (found,) = snapshots_after(BEGINNING, since=None, among=[room]).snapshots

    assert found.own_seqs == {ann.id: list(range(44, 51))}
