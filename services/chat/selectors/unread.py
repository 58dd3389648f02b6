"""How much people have not read. Derived from the watermarks at every asking, never counted."""

from collections.abc import Iterable

import msgspec
from django.db import connection

LOOKED_AT = 1000
"""Messages of one's own above the newest one of somebody else that are passed over, at most."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """Messages above a user's watermark: in one room, and in all rooms together."""

    room: int
    total: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The newest message of somebody else in a room, and how much is unread."""

    seq: int
    sender: str
    content: str
    unread: Unread


def unread_of(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Unread]:
    """Return by (user, room) what is unread; those who are not present are left out.

    One statement for all of them.
    """
    pairs = list(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH want AS (SELECT * FROM unnest(%s::uuid[], %s::uuid[]) want (user_id, room_id)),
                 totals AS (SELECT member.user_id, sum(room.last_seq - member.read_seq) AS total
                              FROM member JOIN room ON room.id = member.room_id
                             WHERE member.user_id IN (SELECT user_id FROM want)
                               AND member.left_seq IS NULL
                             GROUP BY member.user_id)
            SELECT want.user_id, want.room_id, room.last_seq - member.read_seq, totals.total
              FROM want
              JOIN member ON member.room_id = want.room_id AND member.user_id = want.user_id
                         AND member.left_seq IS NULL
              JOIN room ON room.id = want.room_id
              JOIN totals ON totals.user_id = want.user_id
            """,
            [[user for user, _ in pairs], [room for _, room in pairs]],
        )
        return {
            (str(user), str(room)): Unread(room=unread, total=int(total))
            for user, room, unread, total in cursor.fetchall()
        }


def summaries_of(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Summary]:
    """Return by (user, room) the newest message of others, and what is unread now.

    Of who has left, the newest that was theirs, and nothing is unread. Left out is where there is
    no such message. One statement for all of them.
    """
    pairs = list(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH want AS (SELECT * FROM unnest(%s::uuid[], %s::uuid[]) want (user_id, room_id)),
                 totals AS (SELECT member.user_id, sum(room.last_seq - member.read_seq) AS total
                              FROM member JOIN room ON room.id = member.room_id
                             WHERE member.user_id IN (SELECT user_id FROM want)
                               AND member.left_seq IS NULL
                             GROUP BY member.user_id)
            SELECT want.user_id, want.room_id, newest.seq, newest.sender_id, newest.content,
                   CASE WHEN member.left_seq IS NULL THEN room.last_seq - member.read_seq ELSE 0 END,
                   coalesce(totals.total, 0)
              FROM want
              JOIN member ON member.room_id = want.room_id AND member.user_id = want.user_id
              JOIN room ON room.id = want.room_id
              LEFT JOIN totals ON totals.user_id = want.user_id
              CROSS JOIN LATERAL (
                   SELECT * FROM (SELECT seq, sender_id, content FROM message
                                   WHERE room_id = want.room_id
                                     AND seq > member.joined_seq
                                     AND seq <= coalesce(member.left_seq, room.last_seq)
                                   ORDER BY seq DESC LIMIT %s) recent
                    WHERE sender_id <> want.user_id
                    ORDER BY seq DESC LIMIT 1) newest
            """,
            [[user for user, _ in pairs], [room for _, room in pairs], LOOKED_AT],
        )
        return {
            (str(user), str(room)): Summary(
                seq=seq,
                sender=str(sender),
                content=content,
                unread=Unread(room=unread, total=int(total)),
            )
            for user, room, seq, sender, content, unread, total in cursor.fetchall()
        }
