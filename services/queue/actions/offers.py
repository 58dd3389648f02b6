"""Offers sessions what waits for their people: at once when they open, and again, a few times.

When a session is offered something stands in PostgreSQL, so any process does it for all, and goes
on where another was killed. An offer that is lost on its way is made good by the next one.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.db import connection, transaction

from libs.common import metrics
from libs.common.events import MissedRange, ReplayOffered
from services.queue.domain.backoff import OFFERED_AGAIN_AFTER_S

SESSIONS = 100
"""Sessions that are offered something in one transaction."""
RANGES = 200
"""Most rooms in one offer, those first in which something waits longest; the next has the rest."""

OFFERED = metrics.counter("parley_queue_offers", "Offers to sessions.", ["kind"])


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is due.

    Attributes:
        offers: how often it will have been offered something.
    """

    session: str
    user: str
    offers: int


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be published, and whose turn it was.

    Attributes:
        due: all of them, also those to whom there is nothing to say.
    """

    due: Sequence[Due]
    events: Sequence[ReplayOffered]


@transaction.atomic
def process_queue(*, now: dt.datetime) -> Offers:
    """Take some sessions whose time has come, and find what waits for their people.

    Each for whose person something waits gets a time for the next offer. A new session for whose
    person nothing waits is told so by an offer without ranges.

    Args:
        now: of the caller's clock.
    """
    due = _take_due(now)
    waiting = _waiting_for(sorted({each.user for each in due}))
    if due:
        _set_times(due, [each.session for each in due if waiting.get(each.user)], now=now)
    _count_offers([each for each in due if each.offers > 1 and waiting.get(each.user)])
    events = [
        ReplayOffered(session=each.session, user=each.user, ranges=waiting.get(each.user, []))
        for each in due
        if each.offers == 1 or waiting.get(each.user)
    ]
    return Offers(due=due, events=events)


def put_back(offers: Offers, *, now: dt.datetime) -> None:
    """Let sessions be due again whose offers were not published."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE chat_session SET offers = due.offers - 1, offer_at = %s
              FROM unnest(%s::uuid[], %s::int[]) due (id, offers)
             WHERE chat_session.id = due.id AND chat_session.offers = due.offers
            """,
            [now, [each.session for each in offers.due], [each.offers for each in offers.due]],
        )


def count_offered(offers: Offers) -> None:
    """Count what was published."""
    for each in offers.events:
        OFFERED.labels("ranges" if each.ranges else "nothing").inc()


def _take_due(now: dt.datetime) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id::text, user_id::text, offers + 1 FROM chat_session WHERE offer_at <= %s
             ORDER BY offer_at LIMIT %s FOR UPDATE SKIP LOCKED
            """,
            [now, SESSIONS],
        )
        return [
            Due(session=session, user=user, offers=offers)
            for session, user, offers in cursor.fetchall()
        ]


def _set_times(due: Sequence[Due], again: Sequence[str], *, now: dt.datetime) -> None:
    """Count an offer to each session; those of ``again`` get a time for the next one, if any."""
    pauses = [dt.timedelta(seconds=pause_s) for pause_s in OFFERED_AGAIN_AFTER_S]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE chat_session
               SET offers = offers + 1,
                   offer_at = CASE WHEN id = ANY(%s::uuid[])
                                   THEN %s::timestamptz + (%s::interval[])[offers + 1] END
             WHERE id = ANY(%s::uuid[])
            """,
            [list(again), now, pauses, [each.session for each in due]],
        )


def _waiting_for(users: Sequence[str]) -> dict[str, list[MissedRange]]:
    """Return what waits for each of some people, what has waited longest first."""
    if not users:
        return {}
    found: dict[str, list[MissedRange]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.user_id::text, waiting.*
              FROM unnest(%s::uuid[]) wanted (user_id)
              CROSS JOIN LATERAL (
                    SELECT row.room_id::text, row.from_seq, room.head
                      FROM queued_message row JOIN room ON room.id = row.room_id
                     WHERE row.recipient_id = wanted.user_id AND NOT row.is_processed
                       AND row.queue_type = 'incoming' AND room.head > row.from_seq
                     ORDER BY row.created_at, row.id LIMIT %s) waiting
            """,
            [list(users), RANGES],
        )
        for user, room, from_seq, head in cursor.fetchall():
            found.setdefault(user, []).append(MissedRange(room, from_seq, head))
    return found


def _count_offers(again: Sequence[Due]) -> None:
    """Note with what waits for some people that it was offered again."""
    if not again:
        return
    offers: dict[str, int] = {}
    for each in again:
        offers[each.user] = max(offers.get(each.user, 0), each.offers - 1)
    rows = sorted(offers.items())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE queued_message SET retry_count = greatest(retry_count, told.offers)
              FROM unnest(%s::uuid[], %s::int[]) told (user_id, offers)
             WHERE id IN (SELECT row.id FROM queued_message row
                           WHERE row.recipient_id = ANY(%s::uuid[]) AND NOT row.is_processed
                             AND row.queue_type = 'incoming'
                           ORDER BY row.room_id, row.recipient_id FOR UPDATE)
               AND recipient_id = told.user_id
            """,
            [[user for user, _ in rows], [n for _, n in rows], [user for user, _ in rows]],
        )
