"""What chat reads does not grow with what it stores: each statement by index, and no more than it needs.

On full tables, because a plan on an empty table is not the plan on a full one; and once with
statistics of young ones, because nothing here may depend on when they were last analysed.
"""

import datetime as dt
import functools
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from libs.common.clock import SystemClock
from libs.common.events import Advance, MissedRange
from libs.common.postgres import link_breaker
from services.chat.actions.watermarks import fold_advances
from services.chat.domain.catchup import SYNC_ROOM_MESSAGES
from services.chat.domain.drafts import Draft
from services.chat.outbox.left_over import ROWS, publish_some
from services.chat.selectors import (
    avatars,
    catching_up,
    contacts,
    found_messages,
    heads,
    marks,
    message_trace,
    messages,
    moments,
    people,
    receipts,
    replay,
    room_state,
    rooms,
    snapshots,
    unread,
)
from services.chat.writer.lane import Lane
from tests.integration.full_tables import (
    HALL,
    HALL_MEMBERS,
    HALL_MESSAGES,
    ROOMS,
    STATISTICS,
    a_member_of,
    fill,
    full_tables,
    leave_alone,
    members,
    person,
    room,
)
from tests.integration.own_database import make_migrated, run
from tests.integration.plans import counts, of

SCRIPT = Path(__file__).with_name("full_tables.sql")
ALICE = person(1)
"""Is in the hall, and in thirty rooms."""
OWN = 31
BOB = person(1_500)
"""Is in thirty rooms, all of them small."""
MIDDLE = HALL_MESSAGES // 2
PAGE = 50
HALVINGS = HALL_MESSAGES.bit_length()
JUDGED = 5
"""Rows by which it is judged whether somebody may read: member, room, and their like."""


LAST = ROOMS + 1
STORED = HALL_MESSAGES + 2 * (ROOMS - 1)
EARLY = """
insert into chat_user (id, username, display_name, password, is_active, is_staff, is_superuser)
values (%(user)s, 'early', 'Early', '!', true, false, false);
insert into room (id, kind, name, open_history, version, last_seq)
values (%(room)s, 'group', '', false, 1, %(count)s), (%(last)s, 'group', '', false, 1, 0);
insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)
values (%(room)s, %(user)s, 'member', 0, 0, 0), (%(last)s, %(user)s, 'member', 0, 0, 0);
insert into message (room_id, seq, sender_id, client_id, content, created_at)
select %(room)s, seq, %(user)s, gen_random_uuid(), 'an early one', now() - interval '1 day'
  from generate_series(1, %(count)s) seq;
"""
"""A room, and one without messages."""
ANALYSED_WITH_ONE_ROOM = "analysed with one large room"
"""That there are others, and how large those are, is not known: each is taken for one message."""
EARLY_MESSAGES = {ANALYSED_WITH_ONE_ROOM: 20_000}
"""By statistics: what the early room holds. As a rule one, as all rooms of a young database do."""


def begin(url: str, *, messages: int = 1) -> None:
    known = {"room": room(0), "last": room(LAST), "user": person(0), "count": messages}
    run(url, EARLY, known)


@pytest.fixture(scope="module", params=[*STATISTICS, ANALYSED_WITH_ONE_ROOM])
def tables(request, servers, django_db_blocker):
    prepare = functools.partial(begin, messages=EARLY_MESSAGES.get(request.param, 1))
    with (
        django_db_blocker.unblock(),
        full_tables(
            SCRIPT, servers.database_admin_url, statistics=request.param, prepare=prepare
        ) as url,
    ):
        yield url


def now() -> dt.datetime:
    return SystemClock().now()


def cursors() -> Mapping[str, int]:
    """Return those of Alice, who lacks much of the hall and everything of the others."""
    return {entry.id: 0 for entry in rooms.bare_rooms_of(user_id=ALICE)} | {HALL: MIDDLE}


HISTORY = {
    "newest": lambda: messages.messages_before(
        user_id=ALICE, room_id=HALL, before=None, limit=PAGE
    ),
    "before": lambda: messages.messages_before(
        user_id=ALICE, room_id=HALL, before=MIDDLE, limit=PAGE
    ),
    "after": lambda: messages.messages_after(user_id=ALICE, room_id=HALL, after=MIDDLE, limit=PAGE),
    "a hole": lambda: messages.messages_between(
        room_id=HALL, first_seq=MIDDLE, last_seq=HALL_MESSAGES, limit=PAGE
    ),
    "just written": lambda: messages.messages_in([(HALL, MIDDLE, MIDDLE + PAGE - 2)]),
}


@pytest.mark.parametrize("name", HISTORY)
def test_a_page_of_history_reads_a_page(tables, name):
    of(HISTORY[name]).check(rows=PAGE + JUDGED)


def test_a_day_is_found_by_halving(tables):
    at = now() - dt.timedelta(seconds=MIDDLE)

    of(lambda: moments.last_seq_before(room_id=HALL, at=at)).check(rows=HALVINGS + JUDGED)


FOUND = {
    "in a room": found_messages.Wanted(room=uuid.UUID(HALL)),
    "of a sender in a room": found_messages.Wanted(
        room=uuid.UUID(HALL), sender=uuid.UUID(person(7))
    ),
}


ROWS_OF = {
    "in a room": 2 * found_messages.FOUND,
    "of a sender in a room": HALL_MESSAGES + found_messages.FOUND,
}
"""To be looked at: the sender of each that is found, and until then what others wrote."""


@pytest.mark.parametrize("name", FOUND)
def test_what_staff_searches_in_a_room_is_read_from_the_newest_on(tables, name):
    found = of(lambda: found_messages.found_messages(FOUND[name], with_content=True))

    found.check(rows=ROWS_OF[name])


def test_what_staff_asks_about_a_message_reads_the_members_of_its_room(tables):
    facts = message_trace.message_facts(room_id=HALL, seq=MIDDLE)

    of(lambda: message_trace.recipients_of(facts, after=uuid.UUID(int=0), limit=PAGE)).check(
        rows=2 * HALL_MEMBERS
    )


def test_the_first_page_of_sync_reads_what_it_brings_and_a_few_rows_for_each_room(tables):
    wanted = cursors()

    synced = of(lambda: messages.sync_pages(user_id=ALICE, cursors=wanted, now=now()))

    synced.check(rows=SYNC_ROOM_MESSAGES + JUDGED * OWN)


def test_each_further_page_of_sync_reads_a_page(tables):
    page = of(
        lambda: messages.readable_between(
            user_id=ALICE, room_id=HALL, first_seq=MIDDLE, last_seq=HALL_MESSAGES
        )
    )

    page.check(rows=messages.SYNC_PAGE_MESSAGES + JUDGED)


def test_what_a_long_poll_asks_reads_what_it_brings_and_the_members_of_the_rooms(tables):
    wanted = cursors()
    known = catching_up.Known(cursors=wanted, versions={}, marks=dict.fromkeys(wanted, 0))

    missed = of(lambda: catching_up.missed(user_id=ALICE, known=known, now=now()))

    missed.check(rows=2 * HALL_MEMBERS + 2 * JUDGED * OWN)


def test_a_page_of_a_replay_looks_at_a_few_messages_of_each_room(tables):
    ranges = [MissedRange(room, seq, HALL_MESSAGES) for room, seq in cursors().items()]

    replayed = of(lambda: replay.missed_messages(user_id=ALICE, ranges=ranges))

    replayed.check(rows=replay.LOOKED_AT + JUDGED * OWN)


HEADS = {
    "of 300 rooms": lambda: rooms.heads_of([room(number * 60) for number in range(1, 301)]),
    "of 1000 rooms": lambda: heads.risen_heads(
        {room(number * 19): heads.UNKNOWN for number in range(1, 1_001)}, snapshot=None
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_safety_net_reads_two_rows_for_each_local_room(tables, name):
    count = int(name.split()[1])

    of(HEADS[name]).check(rows=2 * count)


def test_new_seats_are_looked_for_in_the_rooms_of_who_is_here(tables):
    here = [person(HALL_MEMBERS + number) for number in range(1, 101)]

    of(lambda: rooms.rooms_of_users(here)).check(rows=len(here) * OWN)


WELCOME = {
    "all rooms": lambda: rooms.rooms_of_each([BOB]),
    "bare": lambda: rooms.bare_rooms_of(user_id=BOB),
    "a page": lambda: rooms.rooms_page(user_id=BOB, after=None, limit=10),
    "statuses": lambda: marks.statuses_for(
        user_id=BOB, known={entry.id: -1 for entry in rooms.bare_rooms_of(user_id=BOB)}
    ),
    "unread": lambda: unread.unread_of([(BOB, room(2_000 + 969))]),
    "summary": lambda: unread.summaries_of([(BOB, room(2_000 + 969))]),
}


@pytest.mark.parametrize("name", WELCOME)
def test_welcome_reads_ones_own_rooms_and_who_is_in_them(tables, name):
    of(WELCOME[name]).check(rows=2 * 3 * OWN)


def test_a_hall_costs_its_members_and_not_its_messages(tables):
    of(lambda: rooms.rooms_of_each([ALICE])).check(rows=2 * (HALL_MEMBERS + 3 * OWN))


def test_unread_totals_read_the_rooms_of_those_who_are_told(tables):
    told = [(person(number * 3), HALL) for number in range(1, 101)]

    of(lambda: unread.unread_of(told)).check(rows=len(told) * 2 * (OWN + 2))
    of(lambda: unread.summaries_of(told)).check(rows=len(told) * 2 * (OWN + 2))


SOME = members(2_000, 100)
SOME_ROOMS = {
    "one": lambda: rooms.room_for(user_id=a_member_of(2_000), room_id=room(2_000)),
    "is member": lambda: rooms.is_member(user_id=ALICE, room_id=HALL),
    "place": lambda: receipts.place_of(user_id=ALICE, room_id=HALL),
    "state": lambda: room_state.members_of(room(2_000)),
    "marks": lambda: marks.marks_of([place for place, _ in SOME]),
    "people": lambda: contacts.people_of([place for place, _ in SOME], at_most=100),
    "known marks": lambda: receipts.known_marks_of(SOME),
    "private": lambda: receipts.private_readers_among([user for _, user in SOME]),
    "fold": lambda: fold_advances([Advance(*pair, 2, 2, 2, 1) for pair in SOME]),
}


@pytest.mark.parametrize("name", SOME_ROOMS)
def test_what_is_asked_of_some_rooms_reads_them_and_their_members(tables, name):
    of(SOME_ROOMS[name]).check(rows=len(SOME) * 8)


def test_a_picture_is_found_by_whose_it_is(tables):
    found = of(lambda: avatars.avatar_of(ALICE))

    found.check(rows=1)
    assert [reading.tables for reading in found.all] == [{"avatar"}]


def test_whoever_reads_people_or_rooms_reads_no_picture(tables):
    asked = [
        lambda: people.people_by_ids(ids=[ALICE, BOB]),
        lambda: people.people_matching(search="person1"),
        lambda: people.people_as_told([ALICE]),
        lambda: rooms.rooms_of_each([BOB]),
        lambda: room_state.members_of(room(2_000)),
    ]

    read = {table for ask in asked for reading in of(ask).all for table in reading.tables}

    assert {"chat_user", "member", "room"} <= read
    assert "avatar" not in read


def test_a_page_of_members_reads_the_members_of_one_room(tables):
    page = of(
        lambda: rooms.members_page(
            user_id=ALICE, room_id=HALL, after=uuid.UUID(person(500)), limit=PAGE
        )
    )

    page.check(rows=HALL_MEMBERS)


def test_where_the_messages_of_a_moment_begin_is_found_by_halving(tables):
    asked = [HALL, *map(room, range(2, 60))]
    since = now() - dt.timedelta(seconds=MIDDLE)

    found = of(lambda: snapshots.own_messages_from(asked, since=since))

    found.check(rows=HALVINGS * (len(asked) + 1))


SNAPSHOTS = {
    "all": lambda: snapshots.snapshots_after(room(5_000), since=None),
    "since": lambda: snapshots.snapshots_after(
        snapshots.BEGINNING, since=now() - dt.timedelta(minutes=1)
    ),
    "among": lambda: snapshots.snapshots_after(
        snapshots.BEGINNING, since=None, among=[place for place, _ in SOME]
    ),
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_page_of_snapshots_looks_at_so_many_rooms_and_their_members(tables, name):
    looked_at = snapshots.EXAMINED + snapshots.MEMBERS

    of(SNAPSHOTS[name]).check(rows=looked_at)


def test_what_a_snapshot_tells_of_own_messages_is_found_by_seq(tables):
    wrote = {
        HALL: (HALL_MESSAGES - PAGE, HALL_MESSAGES),
        **dict.fromkeys(map(room, range(2, 60)), (0, 2)),
    }

    of(lambda: snapshots.own_seqs_of(wrote)).check(rows=4 * (PAGE + 2 * len(wrote)))


def test_what_is_left_in_the_outbox_is_read_by_the_round(tables):
    of(lambda: publish_some(lambda _: None, partitions=1)).check(rows=2 * ROWS)


async def test_the_writer_reads_by_index_whatever_was_known_when_it_began(servers):
    url = make_migrated("chat", servers.database_admin_url)
    begin(url)
    leave_alone(url)
    lane = Lane(url, breaker=link_breaker("of the test", clock=SystemClock()))
    await lane.write([draft(room(LAST), person(0))], wait=False, published=[])  # its plans are made
    fill(SCRIPT, url)
    before = await counts(url, "message", inserted=STORED + 2)
    tried = [draft(place, user) for place, user in [*SOME, *((HALL, ALICE) for _ in range(50))]]

    for wait in (False, True):  # the second time they are duplicates, all of them
        await lane.write(tried, wait=wait, published=[])
    lane.disconnect()

    after = await counts(url, "message", inserted=STORED + 2 + len(tried))
    assert after.seq_scans == before.seq_scans
    assert after.rows - before.rows <= 2 * JUDGED * len(tried)


def draft(place: str, sender: str) -> Draft:
    return Draft(room=place, sender=sender, client_id=str(uuid.uuid4()), content="hello")
