"""What somebody missed, page by page: from all rooms together, as it was written."""

from collections.abc import Sequence

import msgspec
from django.db import connection

from libs.common.events import MissedRange
from libs.common.ids import uuid_of
from services.chat.frames.server import Message
from services.chat.selectors.messages import SYNC_PAGE_BYTES, SYNC_PAGE_MESSAGES, message_of_row

LEAST_OF_A_ROOM = 10
"""Messages of each room that a page looks at, however many rooms there are."""
LOOKED_AT = 400
"""Messages that a page looks at, of few rooms: more than it brings, because they may alternate."""


class ReplayPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page, and what is left behind it; nothing is where the page is empty."""

    messages: list[Message]
    left: list[MissedRange]


def missed_messages(
    *,
    user_id: str,
    ranges: Sequence[MissedRange],
    limit: int = SYNC_PAGE_MESSAGES,
    max_bytes: int = SYNC_PAGE_BYTES,
) -> ReplayPage:
    """Return the first messages of some ranges: by time, and those of each room by seq.

    Judged anew each time: of rooms in which the user is not present (any more) nothing comes,
    nothing from before they joined, and nothing that a device of theirs has received meanwhile.

    Args:
        user_id: who missed them.
        ranges: each room once.
        limit: most messages.
        max_bytes: about how much content; the first message always comes.
    """
    known = [each for each in ranges if uuid_of(each.room) and each.after_seq < each.to_seq]
    if not known:
        return ReplayPage(messages=[], left=[])
    found = _first_of(known, user_id=user_id, limit=limit, max_bytes=max_bytes)
    reached = {message.room: message.seq for message in found}
    left = [
        MissedRange(each.room, reached.get(each.room, each.after_seq), each.to_seq)
        for each in known
        if reached.get(each.room, each.after_seq) < each.to_seq
    ]
    return ReplayPage(messages=found, left=left if found else [])


def _first_of(
    ranges: Sequence[MissedRange], *, user_id: str, limit: int, max_bytes: int
) -> list[Message]:
    of_each = max(LEAST_OF_A_ROOM, min(limit, LOOKED_AT // len(ranges)))
    with connection.cursor() as cursor:
        # Of each room only the next few are looked at. Behind the last of those, where there may be
        # more, the order of the rooms is not known yet. That time is found once, not for each row.
        cursor.execute(
            """
            WITH page AS MATERIALIZED (
                SELECT found.*, row_number() OVER (PARTITION BY found.room_id
                                                       ORDER BY found.seq) AS place
                  FROM unnest(%(rooms)s::uuid[], %(after)s::bigint[], %(to)s::bigint[])
                       AS want (room_id, after_seq, to_seq)
                  JOIN room ON room.id = want.room_id
                  JOIN member ON member.room_id = room.id
                             AND member.user_id = %(user)s::uuid AND member.left_seq IS NULL
                  CROSS JOIN LATERAL (
                       SELECT * FROM message
                        WHERE room_id = want.room_id AND seq <= want.to_seq
                          AND seq > greatest(want.after_seq, member.delivered_seq,
                                    CASE WHEN room.open_history THEN 0 ELSE member.joined_seq END)
                        ORDER BY seq LIMIT %(of_each)s) found)
            SELECT room_id, seq, sender_id, client_id, content, reply_to, created_at
              FROM (SELECT page.*, sum(octet_length(content))
                                       OVER (ORDER BY created_at, room_id, seq)
                                   - octet_length(content) AS bytes_before
                      FROM page
                     WHERE created_at <= coalesce((SELECT min(created_at) FROM page
                                                    WHERE place = %(of_each)s), 'infinity')) ordered
             WHERE bytes_before < %(max_bytes)s
             ORDER BY created_at, room_id, seq
             LIMIT %(limit)s
            """,
            {
                "rooms": [each.room for each in ranges],
                "after": [each.after_seq for each in ranges],
                "to": [each.to_seq for each in ranges],
                "user": user_id,
                "of_each": of_each,
                "limit": limit,
                "max_bytes": max_bytes,
            },
        )
        return [message_of_row(*row) for row in cursor.fetchall()]
