"""Who shares a room with whom, to whom they show when they were there last, and when that was."""

import datetime as dt
from collections.abc import Sequence
from typing import cast
from uuid import UUID

import msgspec
from django.db import connection

from libs.common.events import LastSeenTo
from libs.common.ids import BEFORE_ALL, uuids_of
from services.presence.models import Privacy, Room, UserStatus
from services.presence.store.sessions import Known


class Acquaintance(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with whom a person shares a room.

    Attributes:
        are_contacts: the two have a direct room.
        last_seen: to whom they show when they were there last.
    """

    user: str
    are_contacts: bool
    last_seen: LastSeenTo


def any_room_is_known() -> bool:
    """Tell whether anything was ever heard of a room; otherwise the database is a new one."""
    return Room.objects.exists()


def acquaintances_among(*, user_id: str, ids: Sequence[str]) -> list[Acquaintance]:
    """Return those of some people with whom somebody shares a room; oneself is not among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT other.user_id::text, bool_or(room.is_direct),
                   coalesce(min(privacy.last_seen), 'everyone')
              FROM member own
              JOIN member other ON other.room_id = own.room_id AND other.user_id <> own.user_id
              JOIN room ON room.id = own.room_id
              LEFT JOIN privacy ON privacy.user_id = other.user_id
             WHERE own.user_id = %s::uuid AND other.user_id = ANY(%s::uuid[])
             GROUP BY other.user_id
            """,
            [user_id, [str(each) for each in uuids_of(ids)]],
        )
        return [
            Acquaintance(user=user, are_contacts=are_contacts, last_seen=last_seen)
            for user, are_contacts, last_seen in cursor.fetchall()
        ]


def last_seen_setting(user_id: str) -> LastSeenTo:
    """Return to whom somebody shows when they were there last."""
    found = Privacy.objects.filter(user_id=user_id).values_list("last_seen", flat=True).first()
    return cast(LastSeenTo, found or "everyone")


def written(users: Sequence[str]) -> list[Known]:
    """Return what was written of people, in their order; also of those of whom nothing was."""
    rows = UserStatus.objects.filter(user_id__in=uuids_of(users))
    found = {str(row.user_id): row for row in rows}
    return [known_of(user, found.get(user)) for user in users]


def status_of(user: str) -> UserStatus | None:
    """Return what was written of somebody; None where nothing was."""
    return UserStatus.objects.filter(user_id=user).first()


def written_online(*, after: str, limit: int) -> list[tuple[str, int]]:
    """Return people who were written to be there, by id, and when they were known to be (ms).

    Args:
        after: an id, behind which to go on; empty to begin.
        limit: how many at most.
    """
    behind = UUID(after) if after else BEFORE_ALL
    rows = UserStatus.objects.filter(is_online=True, user_id__gt=behind).order_by("user_id")
    return [(str(row.user_id), _milliseconds(row.last_seen) or 0) for row in rows[:limit]]


def known_of(user: str, row: UserStatus | None) -> Known:
    """Return what a row says; None stands for a person of whom nothing was written."""
    if row is None:
        return Known(user=user, last_seen_ms=None, is_online=False)
    return Known(user=user, last_seen_ms=_milliseconds(row.last_seen), is_online=row.is_online)


def _milliseconds(instant: dt.datetime | None) -> int | None:
    return None if instant is None else round(instant.timestamp() * 1000)
