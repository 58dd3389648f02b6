"""Rooms are opened. Each change and its announcement are one transaction."""

from uuid import UUID

import msgspec
from django.db import transaction

from services.chat.domain.rooms import direct_key
from services.chat.models import Member, Outbox, Room


class OpenedRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A room that is open; ``created`` tells whether it was not before."""

    room: str
    created: bool


def open_direct_room(*, user_id: str, other_id: str) -> OpenedRoom:
    """Open the one direct room of two people; both become members at its beginning.

    Idempotent, also where both ask at the same time: the second waits for the first to commit.

    Raises:
        BadFrame: it is one person only.
    """
    key = direct_key(user_id, other_id)
    with transaction.atomic():
        room, created = Room.objects.get_or_create(
            direct_key=key, defaults={"kind": Room.Kind.DIRECT}
        )
        if created:
            members = [Member(room=room, user_id=UUID(user)) for user in (user_id, other_id)]
            Member.objects.bulk_create(members)
            Outbox.objects.create(event="room.changed", subjects=[room.id])
    return OpenedRoom(room=str(room.id), created=created)
