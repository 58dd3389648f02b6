"""How far the members of rooms have come, as chat's projection of the watermarks knows.

``marks_of`` is for the process itself and asks nobody; ``statuses_for`` never shows a room in which
its reader is not present. The projection may lag behind what the streams have told already.
"""

from collections.abc import Iterable, Mapping

import msgspec
from django.db import connection

from libs.common.ids import uuids_of
from services.chat.frames.server import Lowest
from services.chat.models import Room
from services.chat.selectors.rooms import rooms_among


class MemberMarks(msgspec.Struct, frozen=True, kw_only=True):
    """A present member's watermarks; ``shown_read_seq`` is ``read_seq`` as others may know it."""

    user: str
    delivered_seq: int
    read_seq: int
    shown_read_seq: int


class MarksRead(msgspec.Struct, frozen=True, kw_only=True):
    """The watermarks of a room's present members; of one instant.

    Attributes:
        version: of the room and its members.
        marks_version: counts how often watermarks went up.
    """

    room: str
    is_direct: bool
    version: int
    marks_version: int
    members: list[MemberMarks]


class PresentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a room's members are: one's own watermarks, and who is furthest behind.

    ``marks_version`` rises with whatever its reader may know of: with what others show, and with
    what they read themselves. It tells nothing of when others read in private.
    """

    room: str
    lowest: list[Lowest]
    delivered_seq: int
    read_seq: int
    marks_version: int


def marks_of(room_ids: Iterable[str]) -> list[MarksRead]:
    """Return the watermarks of these rooms, in any order; unknown rooms are left out.

    One statement, however many rooms there are.
    """
    with connection.cursor() as cursor:
        # Rows and no objects: a thousand of these would keep the event loop waiting.
        cursor.execute(
            """
            SELECT room.id, room.kind, room.version, coalesce(room_marks.version, 0),
                   member.user_id, member.delivered_seq, member.read_seq,
                   coalesce(member.shown_read_seq, member.read_seq)
              FROM room
              LEFT JOIN room_marks ON room_marks.room_id = room.id
              LEFT JOIN member ON member.room_id = room.id AND member.left_seq IS NULL
             WHERE room.id = ANY(%s::uuid[])
            """,
            [list(room_ids)],
        )
        rows = cursor.fetchall()
    found: dict[str, MarksRead] = {}
    for room_id, kind, version, marks_version, user, delivered_seq, read_seq, shown_seq in rows:
        room = str(room_id)
        read = found.get(room)
        if read is None:
            read = found[room] = MarksRead(
                room=room,
                is_direct=kind == Room.Kind.DIRECT,
                version=version,
                marks_version=marks_version,
                members=[],
            )
        if user is not None:
            read.members.append(
                MemberMarks(
                    user=str(user),
                    delivered_seq=delivered_seq,
                    read_seq=read_seq,
                    shown_read_seq=shown_seq,
                )
            )
    return list(found.values())


def statuses_for(*, user_id: str, known: Mapping[str, int]) -> list[PresentStatus]:
    """Return how far rooms are of which a user knows less, and in which they are present.

    Three statements at most, however many rooms there are.

    Args:
        user_id: to whom it is shown.
        known: the version of the marks that the user has, by room; -1 asks in any case.
    """
    # Versions first: what goes up until the watermarks are read is told again, and never missed.
    versions = _versions_for(user_id=user_id, rooms=known)
    newer = [room for room, version in versions.items() if version > known[room]]
    if not newer:
        return []
    return [
        PresentStatus(
            room=entry.id,
            lowest=entry.lowest,
            delivered_seq=entry.delivered_seq,
            read_seq=entry.read_seq,
            marks_version=versions[entry.id],
        )
        for entry in rooms_among(user_id=user_id, room_ids=newer)
    ]


def _versions_for(*, user_id: str, rooms: Iterable[str]) -> dict[str, int]:
    """Return the versions of the marks of those rooms in which a user is present, as they count."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT member.room_id::text, coalesce(room_marks.shown_version, 0) + member.read_seq
              FROM member LEFT JOIN room_marks USING (room_id)
             WHERE member.user_id = %s::uuid AND member.left_seq IS NULL
               AND member.room_id = ANY(%s::uuid[])
            """,
            [user_id, [str(room) for room in uuids_of(rooms)]],
        )
        return dict(cursor.fetchall())
