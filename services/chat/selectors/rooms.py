"""Rooms as their members see them, and how far rooms are.

Reading for one user never shows a room in which that user is not present; ``heads_of`` and
``rooms_of_users`` are for the process itself and ask nobody.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Q, QuerySet
from msgspec import UNSET

from libs.common.errors import PermissionDenied
from libs.common.ids import BEFORE_ALL, uuid_of, uuids_of
from services.chat.frames.lowest import LOWEST_EACH
from services.chat.frames.server import Lowest, RoomEntry
from services.chat.models import Member, Room

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class RoomPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some rooms; ``next`` asks for those after them, None where there are none."""

    rooms: list[RoomEntry]
    next: str | None


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How far a room is.

    ``marks_version`` counts how often watermarks of its members went up, as far as others may know
    of it; ``all_marks_version`` also counts what is read in private.
    """

    room: str
    last_seq: int
    version: int
    marks_version: int = 0
    all_marks_version: int = 0

    @property
    def risen(self) -> int:
        """All of it together: none of it goes back, so whatever has changed makes this more."""
        return self.last_seq + self.version + self.marks_version + self.all_marks_version


class MemberEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A present member as the others see them."""

    user: str
    role: str
    joined_seq: int


class MemberPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some members; ``next`` asks for those after them, None where there are none."""

    members: list[MemberEntry]
    next: str | None


class _Shown(NamedTuple):
    """A member as the others see them."""

    room_id: UUID
    user_id: UUID
    delivered_seq: int
    shown_seq: int
    member_count: int
    looks: Sequence[str]
    """Their display name, and the version of their picture."""


def rooms_of_each(user_ids: Iterable[str]) -> dict[str, list[RoomEntry]]:
    """Return, for some users, the rooms in which each is present, most recently active first.

    Two statements for all of them together, in which a room that they share is read once.
    """
    users = list(user_ids)
    memberships = list(_memberships(*users))
    by_user: dict[str, list[RoomEntry]] = {user: [] for user in users}
    for membership, entry in zip(memberships, _entries(memberships), strict=True):
        by_user[str(membership.user_id)].append(entry)
    return by_user


def bare_rooms_of(*, user_id: str) -> list[RoomEntry]:
    """Return the rooms in which a user is present, with id, version and head, the rest blank.

    For who is seated in them and not told of them: many times cheaper than ``rooms_of_each``.
    """
    rows = Member.objects.filter(user_id=user_id, left_seq=None)
    return [
        RoomEntry(
            id=str(room),
            kind="group",
            name="",
            version=version,
            member_count=0,
            last_seq=last_seq,
            delivered_seq=0,
            read_seq=0,
            lowest=[],
        )
        for room, version, last_seq in rows.values_list(
            "room_id", "room__version", "room__last_seq"
        )
    ]


def rooms_page(*, user_id: str, after: str | None, limit: int) -> RoomPage:
    """Return a page of ``rooms_of_each``, for one user.

    Args:
        user_id: whose rooms.
        after: ``next`` of the page before; None asks for the first page. A room that becomes
            active while somebody pages moves to the front, where that reader has been already.
        limit: most rooms of the page.

    Raises:
        ValueError: ``after`` is not a ``next`` of ours.
    """
    memberships = _memberships(user_id)
    if after is not None:
        last_at, room_id = _read_cursor(after)
        memberships = memberships.filter(
            Q(room__last_at__lt=last_at) | Q(room__last_at=last_at, room_id__lt=room_id)
        )
    found = list(memberships[: limit + 1])
    page = found[:limit]
    return RoomPage(
        rooms=_entries(page),
        next=_write_cursor(page[-1].room) if len(found) > limit else None,
    )


def room_for(*, user_id: str, room_id: str) -> RoomEntry | None:
    """Return a room as a present member sees it; None to anybody else."""
    wanted = uuid_of(room_id)
    if wanted is None:
        return None
    return next(iter(_entries(_memberships(user_id).filter(room_id=wanted))), None)


def rooms_among(*, user_id: str, room_ids: Iterable[str]) -> list[RoomEntry]:
    """Return those of some rooms in which a user is present, most recently active first."""
    return _entries(_memberships(user_id).filter(room_id__in=uuids_of(room_ids)))


def heads_of(room_ids: Iterable[str]) -> list[Head]:
    """Return how far these rooms are, in any order; unknown ones are left out. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT room.id, room.last_seq, room.version,
                   coalesce(room_marks.shown_version, 0), coalesce(room_marks.version, 0)
              FROM room LEFT JOIN room_marks ON room_marks.room_id = room.id
             WHERE room.id = ANY(%s::uuid[])
            """,
            [list(room_ids)],
        )
        return [
            Head(
                room=str(room),
                last_seq=last_seq,
                version=version,
                marks_version=shown_version,
                all_marks_version=marks_version,
            )
            for room, last_seq, version, shown_version, marks_version in cursor.fetchall()
        ]


def rooms_of_users(user_ids: Iterable[str]) -> list[tuple[str, str]]:
    """Return every (user, room) in which one of these users is present, in any order."""
    rows = Member.objects.filter(user_id__in=uuids_of(user_ids), left_seq=None)
    return [(str(user), str(room)) for user, room in rows.values_list("user_id", "room_id")]


def is_member(*, user_id: str, room_id: str) -> bool:
    """Tell whether a user is present in a room; False also where there is no such room."""
    wanted = uuid_of(room_id)
    return (
        wanted is not None
        and Member.objects.filter(room_id=wanted, user_id=user_id, left_seq=None).exists()
    )


def has_left(*, user_id: str, room_id: str) -> bool:
    """Tell whether a user was in a room and is not any more; False where they never were."""
    wanted = uuid_of(room_id)
    return (
        wanted is not None
        and Member.objects.filter(room_id=wanted, user_id=user_id, left_seq__isnull=False).exists()
    )


def members_page(*, user_id: str, room_id: str, after: UUID | None, limit: int) -> MemberPage:
    """Return present members of a room, by id; those after ``after``, where it is given.

    Raises:
        PermissionDenied: ``user_id`` is not in this room, or there is no such room.
    """
    wanted = uuid_of(room_id)
    if wanted is None:
        raise PermissionDenied
    with connection.cursor() as cursor:
        # The room first, which is never large: in the order of people it could take everybody's.
        cursor.execute(
            """
            WITH present AS MATERIALIZED (
                SELECT user_id, role, joined_seq FROM member
                 WHERE room_id = %s AND left_seq IS NULL)
            SELECT * FROM present WHERE user_id > %s ORDER BY user_id LIMIT %s
            """,
            [wanted, after or BEFORE_ALL, limit + 1],
        )
        found = [
            MemberEntry(user=str(user), role=role, joined_seq=joined_seq)
            for user, role, joined_seq in cursor.fetchall()
        ]
    # Judged afterwards: nobody is told what became of a room since they were removed.
    if not is_member(user_id=user_id, room_id=room_id):
        raise PermissionDenied
    page = found[:limit]
    return MemberPage(members=page, next=page[-1].user if len(found) > limit else None)


def _memberships(*user_ids: str) -> QuerySet[Member]:
    return (
        Member.objects.filter(user_id__in=user_ids, left_seq=None)
        .select_related("room")
        .order_by("-room__last_at", "-room_id")
    )


def _entries(memberships: Iterable[Member]) -> list[RoomEntry]:
    """Describe rooms to their reader, with one more statement for all of them together."""
    own = list(memberships)
    shown = _shown_members([membership.room_id for membership in own])
    return [_entry(membership, shown.get(membership.room_id, [])) for membership in own]


def _shown_members(room_ids: Sequence[UUID]) -> dict[UUID, list[_Shown]]:
    """Return, by room, the members that are furthest behind: in a direct room that is both.

    By the watermarks as they are shown, the asking member's own ones included. By hand, because
    Django takes longer to write such a statement than PostgreSQL to answer it.
    """
    with connection.cursor() as cursor:
        # Names are not joined: rooms are found first, whatever the planner takes the number of
        # people for.
        cursor.execute(
            """
            SELECT placed.room_id, placed.user_id, placed.delivered_seq, placed.shown_seq,
                   placed.member_count,
                   (SELECT ARRAY[display_name, avatar_version]
                      FROM chat_user WHERE id = placed.user_id)
              FROM (SELECT room_id, user_id, delivered_seq, shown_seq,
                           count(*) OVER (PARTITION BY room_id) AS member_count,
                           row_number() OVER (PARTITION BY room_id
                                              ORDER BY delivered_seq, user_id) AS by_delivered,
                           row_number() OVER (PARTITION BY room_id
                                              ORDER BY shown_seq, user_id) AS by_read
                      FROM (SELECT room_id, user_id, delivered_seq,
                                   coalesce(shown_read_seq, read_seq) AS shown_seq
                              FROM member
                             WHERE room_id = ANY(%s::uuid[]) AND left_seq IS NULL) present) placed
             WHERE by_delivered <= %s OR by_read <= %s
             ORDER BY placed.user_id
            """,
            [list(set(room_ids)), LOWEST_EACH, LOWEST_EACH],
        )
        by_room: dict[UUID, list[_Shown]] = {}
        for row in cursor.fetchall():
            by_room.setdefault(row[0], []).append(_Shown(*row))
    return by_room


def _entry(own: Member, shown: list[_Shown]) -> RoomEntry:
    room = own.room
    direct = room.kind == Room.Kind.DIRECT
    others = [member for member in shown if member.user_id != own.user_id]
    name, avatar = others[0].looks if direct and others else (room.name, "")
    return RoomEntry(
        id=str(room.id),
        kind="direct" if direct else "group",
        name=name,
        version=room.version,
        member_count=shown[0].member_count if shown else 1,
        last_seq=room.last_seq,
        delivered_seq=own.delivered_seq,
        read_seq=own.read_seq,
        lowest=[
            Lowest(
                user=str(member.user_id),
                delivered_seq=member.delivered_seq,
                read_seq=member.shown_seq,
            )
            for member in (others if direct else shown)
        ],
        members=[str(member.user_id) for member in shown] if direct else UNSET,
        avatar=avatar or UNSET,
        role=UNSET if direct else own.role,  # type: ignore[arg-type]  # one of Member.Role
        open_history=UNSET if direct else room.open_history,
    )


def _write_cursor(room: Room) -> str:
    micros = (room.last_at - _EPOCH) // dt.timedelta(microseconds=1)
    return f"{micros}.{room.id}"


def _read_cursor(text: str) -> tuple[dt.datetime, UUID]:
    micros, _, room = text.partition(".")
    room_id = uuid_of(room)
    if room_id is None or not (micros.isascii() and micros.isdigit()):
        raise ValueError("not a cursor")
    try:
        return _EPOCH + dt.timedelta(microseconds=int(micros)), room_id
    except OverflowError:
        raise ValueError("not a cursor") from None
