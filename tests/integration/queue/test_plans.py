"""What queue reads at each turn does not grow with what waits, nor with what has ended.

On full tables, because a plan on an empty table is not the plan on a full one; and once with
statistics of young ones. Three statements, those that are marked, need others: until the tables are
analysed they read all sessions, or all that waits, once a turn.
"""

import datetime as dt
from pathlib import Path

import pytest

from libs.common.clock import SystemClock
from libs.common.events import Outcome
from services.queue.actions import expiry, incoming, offers, outgoing
from services.queue.actions.incoming import LagNews
from services.queue.actions.outgoing import Wish
from services.queue.actions.outgoing.submitting import SUBMISSIONS
from services.queue.actions.web_push import due, marking
from services.queue.models import QueuedMessage
from services.queue.outbox import endings
from services.queue.selectors import waiting, web_push as push
from tests.integration.full_tables import (
    ANALYSED,
    HALL,
    HALL_MEMBERS,
    STATISTICS,
    full_tables,
    members,
    person,
    room,
)
from tests.integration.plans import of

SCRIPT = Path(__file__).with_name("full_tables.sql")
A_PERSONS = 70
"""Rows of a person: ranges of theirs that wait or have expired, and messages that wait."""
LINES = 500
"""Messages that have a time at which they are due: one of each line."""
SOME = members(15_000, 100)
SESSIONS = 5
"""Of each person."""
WRITTEN = 20
"""Pages of indexes to write a row of a session, which is rarely done."""
once_analysed = pytest.mark.parametrize("tables", [ANALYSED], indirect=True)


@pytest.fixture(scope="module", params=STATISTICS)
def tables(request, servers, django_db_blocker):
    with (
        django_db_blocker.unblock(),
        full_tables(
            SCRIPT, servers.database_admin_url, statistics=request.param, prepare=lambda _: None
        ) as url,
    ):
        yield url


def now() -> dt.datetime:
    return SystemClock().now()


@once_analysed
def test_sessions_that_are_due_are_offered_what_waits_for_their_people_and_no_more(tables):
    offered = of(lambda: offers.process_queue(now=now()))

    offered.check(rows=3 * offers.SESSIONS * A_PERSONS)


def test_messages_whose_turn_has_come_are_taken_by_their_time(tables):
    of(lambda: outgoing.take_due(now=now())).check(rows=3 * SUBMISSIONS)


@once_analysed
def test_an_outcome_reads_its_message_and_the_lines_that_have_a_time(tables):
    first = QueuedMessage.objects.filter(next_retry_at__isnull=False).earliest("id")
    sent = Outcome(id=first.id, attempt=1, seq=3, at=now().isoformat())

    of(lambda: outgoing.settle([sent], now=now())).check(rows=LINES)


def test_a_message_that_is_queued_reads_what_waits_of_its_sender(tables):
    place, user = SOME[0]
    wish = Wish(sender=user, room=place, client_id=room(7), content="hello")

    of(lambda: outgoing.queue_outgoing_message(wish, now=now())).check(rows=A_PERSONS)


def test_what_somebody_is_shown_reads_what_is_theirs(tables):
    of(lambda: waiting.get_queue_status(person(600))).check(rows=2 * A_PERSONS)


@once_analysed
def test_news_of_who_lags_read_those_of_whom_they_tell(tables):
    news = LagNews()
    for place, user in SOME:
        news.lagging(place, user, 1, 3)

    told = of(lambda: incoming.queue_incoming_messages(news, now=now()))

    everybody = 3 * len(SOME)  # whose ranges of these rooms had expired begin anew
    told.check(rows=2 * SESSIONS * everybody, pages=WRITTEN * SESSIONS * everybody)


def test_a_greater_head_reads_at_most_the_room(tables):
    news = LagNews()
    news.head(HALL, 50_001)

    of(lambda: incoming.queue_incoming_messages(news, now=now())).check(rows=HALL_MEMBERS)


def test_who_lags_has_their_own_browsers_marked_and_a_room_those_of_who_is_behind_in_it(tables):
    lagging = {(place, user) for place, user in SOME}

    told = of(lambda: marking.mark_moved(members=lagging, rooms=(), now=now()))
    moved = of(lambda: marking.mark_moved(members=(), rooms=[HALL], now=now()))

    told.check(rows=5 * len(SOME), pages=WRITTEN * len(SOME))
    moved.check(rows=4 * HALL_MEMBERS, pages=WRITTEN * HALL_MEMBERS)


@once_analysed
def test_pushes_whose_time_has_come_are_taken_by_it(tables):
    taken = of(lambda: due.take_due(limit=32, places={}, places_of_a_host=8, now=now()))

    taken.check(rows=3 * due.LOOKED_AT + 32 * A_PERSONS)


@once_analysed
def test_a_page_of_the_sweep_reads_what_is_of_its_people(tables):
    page = of(lambda: push.subscriptions_after(0, limit=50))
    marked = of(lambda: marking.mark_waiting(range(1, 51), at=now(), now=now()))
    forgotten = of(lambda: marking.forget_told(after=0, last=50, now=now()))

    page.check(rows=50)
    marked.check(rows=50 * 3 * A_PERSONS, pages=50 * A_PERSONS * WRITTEN)
    forgotten.check(rows=50 * 3 * A_PERSONS)


ENDED = {
    "sweep": lambda: expiry.sweep(now=now()),
    "dead letters": lambda: waiting.dead_letters(after=0, limit=100),
    "endings": lambda: endings.publish_some(lambda _: None),
}


@pytest.mark.parametrize("name", ENDED)
def test_nothing_that_ended_is_read_again_and_again(tables, name):
    of(ENDED[name]).check(rows=1)
