"""The projection of the watermarks: what receipts tells about them stands in the members' rows.

They only rise, so advances may come twice, late, and in any order. Nothing here locks the row of a
room: that is the writer's, who must not wait for receipts.
"""

from collections.abc import Iterable, Sequence

from django.db import connection

from libs.common.events import Advance
from libs.common.postgres import plain_array

LOCK_TIMEOUT_MS = 200
"""Longest wait for a member's row. Less than what a change of a group waits (500 ms): where the two
hold each other up it is the fold that gives way, which is tried again and which nobody awaits."""

FOLD = """
    SET LOCAL lock_timeout = %s;
    WITH told AS MATERIALIZED (
        SELECT told.*, (SELECT last_seq FROM room WHERE id = room_id) AS head
          FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[])
               AS told (room_id, user_id, delivered_seq, read_seq, shown_seq)
    ), rising AS MATERIALIZED (
        SELECT member.id,
               least(told.delivered_seq, head) AS delivered_seq,
               least(told.read_seq, head) AS read_seq,
               least(told.shown_seq, head) AS shown_seq,
               (least(told.delivered_seq, head) > member.delivered_seq
                OR least(told.shown_seq, head)
                   > coalesce(member.shown_read_seq, member.read_seq))::int AS is_shown
          FROM member JOIN told USING (room_id, user_id)
         WHERE member.left_seq IS NULL
           AND (least(told.delivered_seq, head) > member.delivered_seq
                OR least(told.read_seq, head) > member.read_seq
                OR least(told.shown_seq, head)
                   > coalesce(member.shown_read_seq, member.read_seq))
         ORDER BY member.room_id, member.user_id
           FOR NO KEY UPDATE OF member
    ), moved AS (
        UPDATE member
           SET delivered_seq = greatest(member.delivered_seq, rising.delivered_seq),
               read_seq = greatest(member.read_seq, rising.read_seq),
               shown_read_seq = nullif(
                   greatest(coalesce(member.shown_read_seq, member.read_seq), rising.shown_seq),
                   greatest(member.read_seq, rising.read_seq))
          FROM rising WHERE member.id = rising.id
     RETURNING member.room_id, rising.is_shown
    ), marked AS (
        INSERT INTO room_marks (room_id, version, shown_version)
        SELECT room_id, 1, max(is_shown) FROM moved GROUP BY room_id ORDER BY room_id
            ON CONFLICT (room_id) DO UPDATE
               SET version = room_marks.version + 1,
                   shown_version = room_marks.shown_version + excluded.shown_version
    )
    SELECT count(*) FROM moved
"""
"""One round trip, and a transaction of its own outside of others.

Members are locked by room and user, then marks by room, so that two folds never wait for each
other in a circle. What does not rise is not locked; that is judged again once a lock was waited
for. Only columns without an index change: the new version of a row stays on its page.
"""


def fold_advances(advances: Sequence[Advance]) -> int:
    """Raise the watermarks of present members to what was told, never above their room's head.

    Idempotent, and the order does not matter. Advances of who is not, or no longer, present change
    nothing. Rooms in which anything rose count it in ``RoomMarks.version``, once a call, and in
    ``shown_version`` where others may know of it.

    Returns:
        How many members' rows rose.
    """
    if not advances:
        return 0
    greatest = merged(advances)
    columns = (
        plain_array([each.room for each in greatest]),
        plain_array([each.user for each in greatest]),
        plain_array([each.delivered_seq for each in greatest]),
        plain_array([each.read_seq for each in greatest]),
        plain_array([each.shown_read_seq for each in greatest]),
    )
    with connection.cursor() as cursor:
        cursor.execute(FOLD, [LOCK_TIMEOUT_MS, *columns])
        moved: int = cursor.fetchone()[0]
    return moved


def merged(advances: Iterable[Advance]) -> list[Advance]:
    """Return one advance of each member: the greatest of each watermark that was told of them."""
    greatest: dict[tuple[str, str], Advance] = {}
    for each in advances:
        place = (each.room, each.user)
        other = greatest.get(place, each)
        greatest[place] = each if other is each else _greater(each, other)
    return list(greatest.values())


def _greater(one: Advance, other: Advance) -> Advance:
    return Advance(
        room=one.room,
        user=one.user,
        delivered_seq=max(one.delivered_seq, other.delivered_seq),
        read_seq=max(one.read_seq, other.read_seq),
        shown_read_seq=max(one.shown_read_seq, other.shown_read_seq),
        at_ms=max(one.at_ms, other.at_ms),
    )
