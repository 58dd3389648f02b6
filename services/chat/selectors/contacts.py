"""Who is in rooms, and to whom they show when they were there last: for presence, of many rooms.

It is for the process itself and asks nobody.
"""

from collections.abc import Iterable

import msgspec
from django.db import connection

from libs.common.events import LastSeenTo
from services.chat.models import Room


class Acquaintance(msgspec.Struct, frozen=True):
    """A present member; ``last_seen`` is as of ``profile_version``."""

    user: str
    last_seen: LastSeenTo
    profile_version: int


class RoomPeople(msgspec.Struct, frozen=True, kw_only=True):
    """The present members of a room, of one instant; none where it has too many of them."""

    room: str
    version: int
    is_direct: bool
    members: list[Acquaintance]


def people_of(room_ids: Iterable[str], *, at_most: int) -> list[RoomPeople]:
    """Return who is in rooms, in any order; unknown rooms are left out. One statement.

    Args:
        room_ids: any number.
        at_most: members of a room; of one with more, none are returned.
    """
    with connection.cursor() as cursor:
        # Rows and no objects: a thousand of these would keep the event loop waiting.
        cursor.execute(
            """
            SELECT room.id::text, room.version, room.kind, found.users, found.shown, found.versions
              FROM room LEFT JOIN LATERAL (
                   SELECT array_agg(member.user_id::text) AS users,
                          array_agg(chat_user.last_seen) AS shown,
                          array_agg(chat_user.profile_version) AS versions
                     FROM member JOIN chat_user ON chat_user.id = member.user_id
                    WHERE member.room_id = room.id AND member.left_seq IS NULL
                   HAVING count(*) <= %s) found ON true
             WHERE room.id = ANY(%s::uuid[])
            """,
            [at_most, list(room_ids)],
        )
        return [
            RoomPeople(
                room=room,
                version=version,
                is_direct=kind == Room.Kind.DIRECT,
                members=[
                    Acquaintance(*member)
                    for member in zip(users or (), shown or (), versions or (), strict=True)
                ],
            )
            for room, version, kind, users, shown, versions in cursor.fetchall()
        ]
