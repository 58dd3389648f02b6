"""What was noted of sign-ins and memberships, the oldest first."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q

from libs.common.clock import to_wire
from services.chat.models import AuditEntry

PAGE = 500
"""Entries of one statement."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; None: whatever it is.

    Attributes:
        user: who did it, or whom it concerns.
        since: the first instant.
        until: the first instant that is not wanted any more.
    """

    user: UUID | None = None
    room: UUID | None = None
    action: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def audit_entries(wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    """Yield the entries that are wanted, as they are written for people; read page by page."""
    found = AuditEntry.objects.filter(_condition(wanted)).order_by("at", "id")
    page = list(found.select_related("actor", "subject")[:PAGE])
    while page:
        yield from map(_written, page)
        last = page[-1]
        after = Q(at__gt=last.at) | Q(at=last.at, id__gt=last.id)
        # `at__gte` says it once more in a way that the index understands.
        rest = found.filter(after, at__gte=last.at)
        page = list(rest.select_related("actor", "subject")[:PAGE])


def _condition(wanted: Wanted) -> Q:
    conditions = {
        "room": wanted.room,
        "action": wanted.action,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    given = Q(**{name: value for name, value in conditions.items() if value is not None})
    if wanted.user is not None:
        given &= Q(actor=wanted.user) | Q(subject=wanted.user)
    return given


def _written(entry: AuditEntry) -> Mapping[str, Any]:
    told = {
        "at": to_wire(entry.at),
        "action": entry.action,
        "actor": _id(entry.actor_id),
        "actor_name": entry.actor.username if entry.actor else None,
        "subject": _id(entry.subject_id),
        "subject_name": entry.subject.username if entry.subject else None,
        "room": _id(entry.room_id),
        "sid": _id(entry.sid),
        "address": entry.address or None,
        "details": entry.details or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _id(of: UUID | None) -> str | None:
    return None if of is None else str(of)
