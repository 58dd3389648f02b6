"""The state of a room that the process itself needs, and how it looks to one of its members.

It asks nobody's permission: what a user gets of it, the hub decides by the members in it.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import connection
from msgspec import UNSET

from libs.common.ids import uuid_of
from services.chat.frames.lowest import lowest
from services.chat.frames.server import RoomUpdate
from services.chat.models import Room


class MemberSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A member, present or left, and the seqs that are theirs to see.

    They see ``joined_seq < seq``, and ``seq <= left_seq`` where they have left. ``shown_read_seq``
    is ``read_seq`` as the others may know it.
    """

    user: str
    role: str
    joined_seq: int
    left_seq: int | None
    delivered_seq: int
    read_seq: int
    shown_read_seq: int


class RoomState(msgspec.Struct, frozen=True, kw_only=True):
    """A room and its members; of one instant.

    ``names`` and ``avatars`` are the display names of a direct room's members, and the versions of
    their pictures, by user.
    """

    room: str
    kind: str
    name: str
    open_history: bool
    version: int
    last_seq: int
    members: list[MemberSpan]
    names: dict[str, str]
    avatars: dict[str, str] = {}


def members_of(room_id: str, *, besides: Iterable[str] = ()) -> RoomState | None:
    """Return a room and its members; None where there is no such room. One statement.

    Args:
        room_id: whose.
        besides: users of whom one wants to know even if they have left.
    """
    wanted = uuid_of(room_id)
    if wanted is None:
        return None
    with connection.cursor() as cursor:
        # Rows and no objects: a thousand of these would keep the event loop waiting.
        cursor.execute(
            """
            SELECT room.kind, room.name, room.open_history, room.version, room.last_seq,
                   member.user_id, member.role, member.joined_seq, member.left_seq,
                   member.delivered_seq, member.read_seq,
                   coalesce(member.shown_read_seq, member.read_seq),
                   person.display_name, person.avatar_version
              FROM room
              LEFT JOIN member ON member.room_id = room.id
                              AND (member.left_seq IS NULL OR member.user_id = ANY(%s::uuid[]))
              LEFT JOIN chat_user person ON person.id = member.user_id AND room.kind = %s
             WHERE room.id = %s::uuid
             ORDER BY member.id
            """,
            [list(besides), Room.Kind.DIRECT.value, room_id],
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    kind, name, open_history, version, last_seq = rows[0][:5]
    members = [_span(row[5:12]) for row in rows if row[5] is not None]
    return RoomState(
        room=room_id,
        kind=kind,
        name=name,
        open_history=open_history,
        version=version,
        last_seq=last_seq,
        members=members,
        names={str(row[5]): row[12] for row in rows if row[12] is not None},
        avatars={str(row[5]): row[13] for row in rows if row[13]},
    )


class Portrait:
    """A room at one version, drawn once and shown to each of its members."""

    def __init__(self, state: RoomState) -> None:
        self.version = state.version
        self.last_seq = state.last_seq
        self.spans = {member.user: member for member in state.members}
        self._state = state
        self._present = [member for member in state.members if member.left_seq is None]
        self._direct = state.kind == Room.Kind.DIRECT
        self._lowest = [] if self._direct else lowest(self._present)

    def shown_to(self, user: str, *, head: int) -> RoomUpdate:
        """Return the room as a present member sees it, who is told that it reaches to ``head``.

        Their own watermarks are the true ones, but at most ``head``.
        """
        own = self.spans[user]
        others = [each for each in self._present if each.user != user] if self._direct else []
        avatar = self._state.avatars.get(others[0].user) if others else None
        return RoomUpdate(
            id=self._state.room,
            kind="direct" if self._direct else "group",
            name=self._state.names[others[0].user] if others else self._state.name,
            version=self.version,
            member_count=len(self._present),
            last_seq=head,
            delivered_seq=min(own.delivered_seq, head),
            read_seq=min(own.read_seq, head),
            lowest=lowest(others) if self._direct else self._lowest,
            members=sorted(each.user for each in self._present) if self._direct else UNSET,
            avatar=avatar or UNSET,
            role=UNSET if self._direct else own.role,  # type: ignore[arg-type]  # of Member.Role
            open_history=UNSET if self._direct else self._state.open_history,
        )

    def farewell(self, *, head: int) -> RoomUpdate:
        """Return what somebody is told who has just been removed; see ``farewell`` below."""
        return farewell(
            room=self._state.room, kind=self._state.kind, version=self.version, head=head
        )


def farewell(*, room: str, kind: str, version: int, head: int) -> RoomUpdate:
    """Return what somebody is told who is not in a room any more.

    Args:
        room: which.
        kind: its kind.
        version: the last one that they may know of: not how often the room has changed since.
        head: the last seq that was theirs to see.
    """
    return RoomUpdate(
        id=room,
        kind="direct" if kind == Room.Kind.DIRECT else "group",
        name="",
        version=version,
        member_count=0,
        last_seq=head,
        delivered_seq=head,
        read_seq=head,
        lowest=[],
        removed=True,
    )


def _span(row: tuple[Any, ...]) -> MemberSpan:
    user_id, role, joined_seq, left_seq, delivered_seq, read_seq, shown_read_seq = row
    return MemberSpan(
        user=str(user_id),
        role=role,
        joined_seq=joined_seq,
        left_seq=left_seq,
        delivered_seq=delivered_seq,
        read_seq=read_seq,
        shown_read_seq=shown_read_seq,
    )
