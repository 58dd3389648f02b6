"""What it takes to judge what members claim to have received and read."""

from collections.abc import Iterable, Sequence

import msgspec
from django.db import connection

from libs.common.ids import uuid_of
from services.chat.domain.claims import Key
from services.chat.models import Member


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A room to a present member.

    Attributes:
        last_seq: of the room.
        is_private: the others are not to learn what the member reads.
    """

    last_seq: int
    is_private: bool


class KnownMarks(msgspec.Struct, frozen=True, array_like=True):
    """The watermarks of a member that chat's projection knows."""

    delivered_seq: int
    read_seq: int
    shown_read_seq: int


def place_of(*, user_id: str, room_id: str) -> Place | None:
    """Return a room as a present member has it; None also where there is no such room."""
    wanted = uuid_of(room_id)
    if wanted is None:
        return None
    member = (
        Member.objects.select_related("room", "user")
        .only("room__last_seq", "user__send_read_receipts")
        .filter(room_id=wanted, user_id=user_id, left_seq=None)
        .first()
    )
    if member is None:
        return None
    return Place(last_seq=member.room.last_seq, is_private=not member.user.send_read_receipts)


def known_marks_of(members: Sequence[Key]) -> dict[Key, KnownMarks]:
    """Return the watermarks of those who are present. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT member.room_id::text, member.user_id::text, member.delivered_seq,
                   member.read_seq, coalesce(member.shown_read_seq, member.read_seq)
              FROM unnest(%s::uuid[], %s::uuid[]) AS asked (room_id, user_id)
              JOIN member USING (room_id, user_id)
             WHERE member.left_seq IS NULL
            """,
            [[room for room, _ in members], [user for _, user in members]],
        )
        return {(room, user): KnownMarks(*marks) for room, user, *marks in cursor.fetchall()}


def private_readers_among(user_ids: Iterable[str]) -> frozenset[str]:
    """Return which of these people do not let others know what they have read."""
    with connection.cursor() as cursor:
        # Rows and no objects: this is asked of all whose claims go out, some thirty times a second.
        cursor.execute(
            """
            SELECT id::text FROM chat_user
             WHERE id = ANY(%s::uuid[]) AND NOT send_read_receipts
            """,
            [list(user_ids)],
        )
        return frozenset(user_id for (user_id,) in cursor.fetchall())
