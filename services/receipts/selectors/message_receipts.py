"""Who has received and read one message, and when.

*Whether* is told by the watermarks, *when* by the log: of each member one row at most has passed
a seq. The log is kept for some weeks, and does not know the time of everything; then it is null.
"""

import datetime as dt

import msgspec
from django.db import connection

from libs.common.clock import to_wire
from libs.common.errors import NotFound
from services.receipts.selectors.watermarks import Page, cut, standing_in, standing_of_staff


class MemberReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a present member has received and read a message; null where not known when."""

    user: str
    delivered: bool
    read: bool
    delivered_at: str | None
    read_at: str | None


class MessageReceipts(msgspec.Struct, frozen=True, kw_only=True):
    """Some members by id; ``next`` asks for those after them, null where there are none."""

    members: list[MemberReceipt]
    next: str | None


def message_receipts(
    *, user_id: str, room_id: str, seq: int, page: Page, is_staff: bool = False
) -> MessageReceipts:
    """Return who has got a message, of those who are present and had joined before it.

    Raises:
        PermissionDenied: the user is not present in the room, or there is no such room.
        NotFound: there is no such message, or it is not theirs to see; staff may see all.
    """
    standing = (standing_of_staff if is_staff else standing_in)(user_id=user_id, room_id=room_id)
    if not standing.first_seq <= seq <= standing.head:
        raise NotFound
    with connection.cursor() as cursor:
        cursor.execute(
            _MEMBERS_AND_TIMES,
            {
                "room": standing.room_id,
                "caller": standing.user_id,
                "seq": seq,
                "after": page.after,
                "limit": page.limit + 1,
            },
        )
        rows, after = cut(cursor.fetchall(), page)
    return MessageReceipts(
        members=[
            MemberReceipt(
                user=user,
                delivered=delivered,
                read=read,
                delivered_at=_told(delivered_at),
                read_at=_told(read_at),
            )
            for user, delivered, read, delivered_at, read_at in rows
        ],
        next=after,
    )


# Each time is the first step of the primary key (of ``advance_shown``) in each partition, and no
# row is looked at that did not move the watermark in question. That the one found also begins
# below the seq is asked afterwards: what passed it may be older than the log. One's own reading
# may be hidden from others, so there is no index by it; it is never before the delivery.
_MEMBERS_AND_TIMES = """
SELECT member.user_id::text, member.delivered, member.read,
       delivery.claimed_at,
       CASE WHEN member.is_caller THEN own_reading.claimed_at ELSE reading.claimed_at END
  FROM (SELECT user_id,
               user_id = %(caller)s AS is_caller,
               delivered_seq >= %(seq)s AS delivered,
               CASE WHEN user_id = %(caller)s THEN read_seq ELSE shown_read_seq END >= %(seq)s
                   AS read
          FROM watermark
         WHERE room_id = %(room)s AND user_id > %(after)s AND present AND joined_seq < %(seq)s
         ORDER BY user_id LIMIT %(limit)s) member
  LEFT JOIN LATERAL (
       SELECT delivered_from, claimed_at FROM advance
        WHERE room_id = %(room)s AND user_id = member.user_id AND member.delivered
          AND delivered_seq >= %(seq)s AND delivered_from < delivered_seq
        ORDER BY delivered_seq LIMIT 1) delivery ON delivery.delivered_from < %(seq)s
  LEFT JOIN LATERAL (
       SELECT shown_from, claimed_at FROM advance
        WHERE room_id = %(room)s AND user_id = member.user_id AND member.read
          AND NOT member.is_caller
          AND shown_read_seq >= %(seq)s AND shown_from < shown_read_seq
        ORDER BY shown_read_seq LIMIT 1) reading ON reading.shown_from < %(seq)s
  LEFT JOIN LATERAL (
       SELECT read_from, claimed_at FROM advance
        WHERE room_id = %(room)s AND user_id = member.user_id AND member.read
          AND member.is_caller
          AND delivered_seq >= %(seq)s AND read_seq >= %(seq)s AND read_from < read_seq
        ORDER BY delivered_seq, read_seq LIMIT 1) own_reading ON own_reading.read_from < %(seq)s
 ORDER BY member.user_id
"""


def _told(instant: dt.datetime | None) -> str | None:
    return None if instant is None else to_wire(instant)
