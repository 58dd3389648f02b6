"""Keeps who is behind in which room, as receipts tells it: a pointer each, no bodies.

Everything is taken in by maxima, so it does not matter in which order it comes, or how often.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from libs.common import metrics
from services.queue.domain.backoff import OFFERED_AGAIN_AFTER_S
from services.queue.domain.lag import EXPIRES_AFTER, Behind

Pair = tuple[str, str]
"""A room, and a user."""

QUEUED = metrics.counter(
    "parley_queue_incoming_queued", "Rows that were made: members who fell behind."
)
RECEIVED = metrics.counter("parley_queue_incoming_received", "Rows of members who caught up.")


@dataclass(frozen=True, slots=True)
class LagNews:
    """What some entries tell: each room and each member once.

    Attributes:
        heads: by room.
        members: how far they are behind, as far as these entries tell.
    """

    heads: dict[str, int] = field(default_factory=dict)
    members: dict[Pair, Behind] = field(default_factory=dict)

    def head(self, room: str, head: int) -> None:
        """Take note of a head."""
        self.heads[room] = max(self.heads.get(room, 0), head)

    def lagging(self, room: str, user: str, delivered_seq: int, head: int) -> None:
        """Take note of a member who lags."""
        self.head(room, head)
        self.members[room, user] = self._of(room, user).lagging(delivered_seq, head)

    def caught_up(self, room: str, user: str, delivered_seq: int, head: int) -> None:
        """Take note of a member who has received everything up to a seq."""
        self.head(room, head)
        self.members[room, user] = self._of(room, user).caught_up(delivered_seq)

    def lagging_members(self) -> Iterator[Pair]:
        """Yield those who are behind, as far as these entries tell."""
        return (pair for pair, behind in self.members.items() if not behind.is_finished)

    def _of(self, room: str, user: str) -> Behind:
        return self.members.get((room, user), Behind())


@transaction.atomic
def queue_incoming_messages(news: LagNews, *, now: dt.datetime) -> None:
    """Take over how far members are behind.

    Rows of members who are behind are made or raised, those of members who caught up finished.
    Where all that waited for somebody has expired, a greater head means that they lag again:
    receipts knows them to lag ever since, and does not repeat it.
    Nothing is queued for somebody who is known to be no member. What a session of theirs was sent
    and they now begin to acknowledge puts off when it is offered again. Idempotent; the order of
    calls does not matter.

    Args:
        news: what was told.
        now: of the caller's clock.
    """
    _raise_heads(news.heads)
    moved = _fold(news.members, now=now)
    behind = {user for user, is_finished, _ in moved if not is_finished}
    behind |= _reopen_expired(news.heads, now=now)
    QUEUED.inc(sum(is_new for _, is_finished, is_new in moved if not is_finished))
    RECEIVED.inc(sum(is_finished for _, is_finished, _ in moved))
    put_off_offers(behind, now=now)


def put_off_offers(users: Iterable[str], *, now: dt.datetime) -> None:
    """Have what waits for some people offered to their open sessions, but not at once.

    They were sent it: as a live message, or by the offer before.
    """
    wanted = sorted(set(users))
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE chat_session SET offers = 1, offer_at = %s
             WHERE id IN (SELECT id FROM chat_session WHERE user_id = ANY(%s::uuid[])
                           ORDER BY id FOR UPDATE)
               AND offers > 0
            """,
            [now + dt.timedelta(seconds=OFFERED_AGAIN_AFTER_S[0]), wanted],
        )


def _raise_heads(heads: Mapping[str, int]) -> None:
    rows = sorted(heads.items())
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO room (id, version, is_direct, head)
            SELECT id, 0, false, head FROM unnest(%s::uuid[], %s::bigint[]) told (id, head)
                ON CONFLICT (id) DO UPDATE SET head = excluded.head
             WHERE room.head < excluded.head
            """,
            [[room for room, _ in rows], [head for _, head in rows]],
        )


def _reopen_expired(rooms: Iterable[str], *, now: dt.datetime) -> set[str]:
    """Let wait what was written since all that waited for a member has expired; return for whom."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE queued_message SET to_seq = behind.head, created_at = %s, retry_count = 0,
                   is_processed = false, finished_at = NULL, ending = ''
              FROM (SELECT row.id, room.head
                      FROM queued_message row JOIN room ON room.id = row.room_id
                     WHERE row.room_id = ANY(%s::uuid[]) AND row.queue_type = 'incoming'
                       AND row.ending = 'expired' AND row.from_seq < room.head
                     ORDER BY row.room_id, row.recipient_id FOR UPDATE OF row) behind
             WHERE queued_message.id = behind.id
            RETURNING recipient_id::text
            """,
            [now, sorted(rooms)],
        )
        return {user for (user,) in cursor.fetchall()}


def _fold(members: Mapping[Pair, Behind], *, now: dt.datetime) -> Sequence[tuple[str, bool, bool]]:
    """Fold; return of each row that moved its user, whether it is finished, and whether it was made.

    The rule is ``Behind``'s. A row that was finished and lags again begins anew, and one of which a
    part was acknowledged counts as waiting from then on, though what is left of it may be older. A
    row that is made begins behind what expired before: a mark of seven days ago tells how far.
    """
    rows = sorted(members.items())
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO queued_message AS row
                   (queue_type, room_id, recipient_id, from_seq, to_seq, created_at,
                    max_retries, is_processed, finished_at, ending)
            SELECT 'incoming', told.room_id, told.user_id, told.from_seq, told.to_seq, %(now)s,
                   3, told.from_seq >= told.to_seq,
                   CASE WHEN told.from_seq >= told.to_seq THEN %(now)s::timestamptz END,
                   CASE WHEN told.from_seq >= told.to_seq THEN 'received' ELSE '' END
              FROM (SELECT news.room_id, news.user_id, news.to_seq, greatest(news.from_seq, (
                           SELECT max(head) FROM head_mark
                            WHERE head_mark.room_id = news.room_id AND at <= %(expired)s
                              AND NOT EXISTS (SELECT FROM queued_message known
                                               WHERE known.room_id = news.room_id
                                                 AND known.recipient_id = news.user_id
                                                 AND known.queue_type = 'incoming'))) AS from_seq
                      FROM unnest(%(rooms)s::uuid[], %(users)s::uuid[], %(from)s::bigint[],
                                  %(to)s::bigint[]) news (room_id, user_id, from_seq, to_seq)) told
             WHERE NOT EXISTS (
                       SELECT FROM room WHERE room.id = told.room_id AND room.version > 0
                          AND NOT EXISTS (SELECT FROM member
                                           WHERE member.room_id = told.room_id
                                             AND member.user_id = told.user_id))
             ORDER BY told.room_id, told.user_id
                ON CONFLICT (room_id, recipient_id) WHERE queue_type = 'incoming' DO UPDATE
               SET from_seq = greatest(row.from_seq, excluded.from_seq),
                   to_seq = greatest(row.to_seq, excluded.to_seq),
                   created_at = CASE WHEN row.is_processed OR row.from_seq < excluded.from_seq
                                     THEN excluded.created_at ELSE row.created_at END,
                   retry_count = 0,
                   is_processed = greatest(row.from_seq, excluded.from_seq)
                               >= greatest(row.to_seq, excluded.to_seq),
                   finished_at = CASE WHEN greatest(row.from_seq, excluded.from_seq)
                                        >= greatest(row.to_seq, excluded.to_seq)
                                      THEN coalesce(row.finished_at, %(now)s) END,
                   ending = CASE WHEN greatest(row.from_seq, excluded.from_seq)
                                   < greatest(row.to_seq, excluded.to_seq) THEN ''
                                 WHEN row.ending NOT IN ('', 'expired') THEN row.ending
                                 WHEN excluded.from_seq < row.from_seq THEN row.ending
                                 ELSE 'received' END
             WHERE row.from_seq < excluded.from_seq OR row.to_seq < excluded.to_seq
                OR (row.ending = 'expired' AND excluded.is_processed
                    AND row.from_seq <= excluded.from_seq)
            RETURNING recipient_id::text, is_processed,
                      NOT is_processed AND xmax = 0
            """,
            {
                "now": now,
                "expired": now - EXPIRES_AFTER,
                "rooms": [room for (room, _), _ in rows],
                "users": [user for (_, user), _ in rows],
                "from": [behind.from_seq for _, behind in rows],
                "to": [behind.to_seq for _, behind in rows],
            },
        )
        return [(user, is_finished, is_new) for user, is_finished, is_new in cursor.fetchall()]
