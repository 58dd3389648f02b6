"""Messages as staff finds them: by where, by whom, when, and, where that is allowed, by a word."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Length

from services.chat.models import Member, Message

FOUND = 100
"""Most messages of one search, the newest."""
ROOMS_OF_SENDER = 500
"""Rooms of a sender that are looked through."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; a room or a sender is always there, because messages are kept by room.

    Attributes:
        until: not newer than that.
        text: a part of what was written, in whatever case.
    """

    room: UUID | None = None
    sender: UUID | None = None
    client_id: UUID | None = None
    until: dt.datetime | None = None
    text: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One message; ``content`` is None where it is not to be read."""

    room: str
    seq: int
    sender: str
    username: str
    client_id: str
    created_at: dt.datetime
    chars: int
    content: str | None


def found_messages(wanted: Wanted, *, with_content: bool) -> list[Found]:
    """Return the newest messages that fit, at most ``FOUND``."""
    rows = _fitting(wanted).annotate(username=F("sender__username"), chars=Length("content"))
    if not with_content:
        rows = rows.defer("content")
    return [
        Found(
            room=str(row.room_id),
            seq=row.seq,
            sender=str(row.sender_id),
            username=row.username,
            client_id=str(row.client_id),
            created_at=row.created_at,
            chars=row.chars,
            content=row.content if with_content else None,
        )
        for row in rows.order_by(*_order(wanted))[:FOUND]
    ]


def _order(wanted: Wanted) -> Sequence[str]:
    """Return what is the newest first; in one room that is its own order, and nothing is sorted."""
    return ("-seq",) if wanted.room is not None else ("-created_at", "-room_id", "-seq")


def _fitting(wanted: Wanted) -> QuerySet[Message]:
    if wanted.room is not None:
        rows = Message.objects.filter(room_id=wanted.room)
    elif wanted.sender is not None:
        rooms = Member.objects.filter(user_id=wanted.sender).values_list("room_id", flat=True)
        rows = Message.objects.filter(room_id__in=list(rooms[:ROOMS_OF_SENDER]))
    else:
        rows = Message.objects.none()
    narrower = Q()
    if wanted.sender is not None:
        narrower &= Q(sender_id=wanted.sender)
    if wanted.client_id is not None:
        narrower &= Q(client_id=wanted.client_id)
    if wanted.until is not None:
        narrower &= Q(created_at__lte=wanted.until)
    if wanted.text:
        narrower &= Q(content__icontains=wanted.text)
    return rows.filter(narrower)
