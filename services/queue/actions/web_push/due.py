"""What is due to be pushed: taken by one process, and noted when it was done.

A row stands for a browser and a room in which its person is behind. Its time is its lease, too: who
takes it puts it off, and if that process dies, another takes it then.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from django.db import connection, transaction

from services.queue.domain.web_push import AGAIN_AFTER, LEASE
from services.queue.models import WebPush

Key = tuple[str, int]
"""A room, and a subscription."""

LOOKED_AT = 200
"""Rows among which those are chosen that are taken: more than a process pushes at once, so one busy
host does not hide the others."""


class DuePush(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has taken to push.

    Attributes:
        subscription: its number.
        head: of the room: how far a success reaches.
        waiting: messages that wait for the person there.
        tries: how often it was tried, this time included.
    """

    subscription: int
    room: str
    endpoint: str
    p256dh: str
    auth: str
    head: int
    waiting: int
    tries: int


class _Browser(NamedTuple):
    user: str
    endpoint: str
    p256dh: str
    auth: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What was due.

    Attributes:
        count: rows whose time had come, those included of which nothing is left to tell.
    """

    count: int
    pushes: Sequence[DuePush]


@transaction.atomic
def take_due(
    *, limit: int, places: Mapping[str, int], places_of_a_host: int, now: dt.datetime
) -> Taken:
    """Take some of what is due, so that nobody else does; each is counted as a try.

    Of what nothing is left to tell, because its person has caught up, or all has expired, nothing is
    returned, and it is not due any more.

    Args:
        limit: how many at most.
        places: how many at a host at most, where that is not ``places_of_a_host``.
        places_of_a_host: how many at any other one.
        now: of the caller's clock.
    """
    locked = _lock_due(limit, places, places_of_a_host, now)
    if not locked:
        return Taken(count=0, pushes=[])
    # A statement of its own: it sees all heads of which was marked before the rows were locked.
    waiting = _take(locked, until=now + LEASE)
    _let_rest([key for key in locked if key not in waiting])
    pushes = [
        DuePush(
            subscription=subscription,
            room=room,
            endpoint=browser.endpoint,
            p256dh=browser.p256dh,
            auth=browser.auth,
            head=head,
            waiting=count,
            tries=tries,
        )
        for (room, subscription), browser in locked.items()
        if (room, subscription) in waiting
        for head, count, tries in [waiting[room, subscription]]
    ]
    return Taken(count=len(locked), pushes=pushes)


def _lock_due(
    limit: int, places: Mapping[str, int], places_of_a_host: int, now: dt.datetime
) -> dict[Key, _Browser]:
    """Lock rows whose time has come, those first that were due first; return their browsers."""
    known = sorted(places.items())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT due.room_id::text, due.subscription_id, user_id::text, endpoint, p256dh, auth
              FROM (SELECT first.*, row_number() OVER (PARTITION BY host ORDER BY due_at) AS place
                      FROM (SELECT subscription_id, room_id, due_at, subscription.*
                              FROM web_push JOIN push_subscription subscription
                                ON subscription.id = subscription_id
                             WHERE due_at <= %(now)s AND host <> ALL(%(full)s)
                             ORDER BY due_at LIMIT %(looked_at)s) first) turn
              LEFT JOIN unnest(%(hosts)s::text[], %(places)s::int[]) known (host, places)
                ON known.host = turn.host
              JOIN web_push due ON due.room_id = turn.room_id
                               AND due.subscription_id = turn.subscription_id
             WHERE due.due_at <= %(now)s AND turn.place <= coalesce(known.places, %(any)s)
             ORDER BY turn.due_at LIMIT %(limit)s FOR UPDATE OF due SKIP LOCKED
            """,
            {
                "now": now,
                "full": [host for host, free in known if free <= 0],
                "hosts": [host for host, _ in known],
                "places": [free for _, free in known],
                "any": places_of_a_host,
                "looked_at": LOOKED_AT,
                "limit": limit,
            },
        )
        return {
            (room, subscription): _Browser(*browser)
            for room, subscription, *browser in cursor.fetchall()
        }


def _take(locked: Mapping[Key, _Browser], *, until: dt.datetime) -> dict[Key, tuple[int, int, int]]:
    """Put off what is still to be told; return its head, how many messages wait, and the tries."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE web_push SET due_at = %s, tries = web_push.tries + 1
              FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[]) taken (room, subscription, person)
             CROSS JOIN LATERAL (
                    SELECT from_seq FROM queued_message
                     WHERE room_id = taken.room AND recipient_id = taken.person
                       AND queue_type = 'incoming' AND NOT is_processed LIMIT 1) row
              JOIN room ON room.id = taken.room AND room.head > row.from_seq
             WHERE web_push.room_id = taken.room AND web_push.subscription_id = taken.subscription
               AND web_push.pushed_seq < room.head
            RETURNING web_push.room_id::text, web_push.subscription_id, room.head,
                      room.head - row.from_seq, web_push.tries
            """,
            [until, *_columns(locked), [browser.user for browser in locked.values()]],
        )
        return {
            (room, subscription): (head, waiting, tries)
            for room, subscription, head, waiting, tries in cursor.fetchall()
        }


def _let_rest(keys: Collection[Key]) -> None:
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE web_push SET due_at = NULL, tries = 0
              FROM unnest(%s::uuid[], %s::bigint[]) resting (room, subscription)
             WHERE room_id = resting.room AND subscription_id = resting.subscription
            """,
            _columns(keys),
        )


def _columns(keys: Iterable[Key]) -> tuple[list[str], list[int]]:
    pairs = list(keys)
    return [room for room, _ in pairs], [subscription for _, subscription in pairs]


@transaction.atomic
def note_told(push: DuePush, *, now: dt.datetime) -> None:
    """Note that a browser was told, or that telling it was given up; what came meanwhile is due."""
    key = (push.subscription, push.room)
    with connection.cursor() as cursor:
        # First the lock, then the head: who marks the room in between waits, and looks again.
        cursor.execute(
            "SELECT FROM web_push WHERE subscription_id = %s AND room_id = %s FOR UPDATE", key
        )
        cursor.execute(
            """
            UPDATE web_push SET pushed_seq = greatest(pushed_seq, %s), pushed_at = %s, tries = 0,
                   due_at = CASE WHEN room.head > greatest(pushed_seq, %s)
                                 THEN %s::timestamptz END
              FROM room WHERE subscription_id = %s AND room_id = %s AND room.id = room_id
            """,
            [push.head, now, push.head, now + AGAIN_AFTER, *key],
        )


def note_again(push: DuePush, *, at: dt.datetime, is_try: bool) -> None:
    """Let it be tried again; nothing changes where another process has taken it since.

    Args:
        push: what could not be pushed.
        at: when.
        is_try: whether its push service was asked at all: else it counts as none.
    """
    WebPush.objects.filter(
        subscription_id=push.subscription, room_id=push.room, tries=push.tries
    ).update(due_at=at, tries=push.tries if is_try else push.tries - 1)
