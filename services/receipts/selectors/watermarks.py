"""How far the members of a room have come, as one of them may see it.

Of the others one sees what they show (``shown_read_seq``), of oneself what is true. A room that
does not exist looks like one in which one is not a member.
"""

from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from libs.common.errors import NotFound, PermissionDenied
from libs.common.ids import BEFORE_ALL, uuid_of
from services.receipts.models import Room


class MemberWatermarks(msgspec.Struct, frozen=True, kw_only=True):
    """Up to where a present member has received and read a room."""

    user: str
    delivered_seq: int
    read_seq: int


class RoomWatermarks(msgspec.Struct, frozen=True, kw_only=True):
    """Some members by id; ``next`` asks for those after them, null where there are none."""

    members: list[MemberWatermarks]
    next: str | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who is present in a room may see of it.

    Attributes:
        head: the greatest seq that was heard of; chat may be further.
        first_seq: from where on messages are theirs to see.
    """

    room_id: UUID
    user_id: UUID
    head: int
    first_seq: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which members are asked for: ``limit`` at most (1 or more), with ids above ``after``."""

    after: UUID = BEFORE_ALL
    limit: int


def standing_of_staff(*, user_id: str, room_id: str) -> Standing:
    """Return what staff may see of a room: all of it, as the others show it.

    Raises:
        NotFound: there is no such room, or it was not heard of yet.
    """
    room, user = uuid_of(room_id), uuid_of(user_id)
    known = Room.objects.filter(id=room).first() if room is not None else None
    if known is None or user is None:
        raise NotFound
    return Standing(room_id=known.id, user_id=user, head=known.head, first_seq=1)


def standing_in(*, user_id: str, room_id: str) -> Standing:
    """Return what a user may see of a room.

    Raises:
        PermissionDenied: they are not present in it, or there is no such room.
    """
    room, user = uuid_of(room_id), uuid_of(user_id)
    if room is None or user is None:
        raise PermissionDenied
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room.head, CASE WHEN room.open_history THEN 1 ELSE own.joined_seq + 1 END
              FROM watermark own JOIN room ON room.id = own.room_id
             WHERE own.room_id = %s AND own.user_id = %s AND own.present
            """,
            [room, user],
        )
        row = cursor.fetchone()
    if row is None:
        raise PermissionDenied
    head, first_seq = row
    return Standing(room_id=room, user_id=user, head=head, first_seq=first_seq)


def room_watermarks(*, user_id: str, room_id: str, page: Page) -> RoomWatermarks:
    """Return how far present members are.

    Raises:
        PermissionDenied: the user is not one of them, or there is no such room.
    """
    standing = standing_in(user_id=user_id, room_id=room_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT user_id::text, delivered_seq,
                   CASE WHEN user_id = %s THEN read_seq ELSE shown_read_seq END
              FROM watermark
             WHERE room_id = %s AND user_id > %s AND present
             ORDER BY user_id LIMIT %s
            """,
            [standing.user_id, standing.room_id, page.after, page.limit + 1],
        )
        rows, after = cut(cursor.fetchall(), page)
    return RoomWatermarks(
        members=[
            MemberWatermarks(user=user, delivered_seq=delivered_seq, read_seq=read_seq)
            for user, delivered_seq, read_seq in rows
        ],
        next=after,
    )


def cut(rows: list[tuple[Any, ...]], page: Page) -> tuple[list[tuple[Any, ...]], str | None]:
    """Return the rows of a page, and its ``next``.

    Args:
        rows: the first of each is a user's id; one more than the page holds says that it goes on.
        page: what was asked for.
    """
    shown = rows[: page.limit]
    return shown, shown[-1][0] if len(rows) > page.limit else None
