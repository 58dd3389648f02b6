"""How much people have not read. Derived from the watermarks at every asking, never counted."""

from collections.abc import Iterable

import msgspec
from django.db import connection


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """Messages above a user's watermark: in one room, and in all rooms together."""

    room: int
    total: int


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
