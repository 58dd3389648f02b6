"""People change how others see them. The change and its announcement are one transaction.

A direct room is called as the other one is, and has their picture: with a name or a picture, all
direct rooms of its person change.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from libs.common.errors import Unauthenticated
from libs.common.events import LastSeenTo
from services.chat.domain.names import display_name_of
from services.chat.models import Outbox, Room, User

SHOWN_IN_ROOMS = frozenset({"display_name", "avatar_version"})
"""What the other one sees of somebody in the rooms themselves."""


def change_profile(
    *,
    user_id: str,
    display_name: str | None = None,
    send_read_receipts: bool | None = None,
    last_seen: LastSeenTo | None = None,
) -> User:
    """Change what others see of somebody, and return the user as they are now.

    Nothing is announced where nothing changes.

    Args:
        user_id: whose.
        display_name: the new name; None leaves it as it is.
        send_read_receipts: whether others learn what is read from now on; None likewise.
        last_seen: who learns when they were there last; None likewise.

    Raises:
        BadFrame: the name is not acceptable.
        Unauthenticated: the user was deactivated meanwhile.
    """
    wished: dict[str, object] = {}
    if display_name is not None:
        wished["display_name"] = display_name_of(display_name)
    if send_read_receipts is not None:
        wished["send_read_receipts"] = send_read_receipts
    if last_seen is not None:
        wished["last_seen"] = last_seen
    with transaction.atomic():
        user = (
            User.objects.select_for_update(no_key=True).filter(id=user_id, is_active=True).first()
        )
        if user is None:
            raise Unauthenticated
        changed = [field for field, value in wished.items() if getattr(user, field) != value]
        for field in changed:
            setattr(user, field, wished[field])
        save_profile(user, changed)
    return user


def save_profile(user: User, changed: Collection[str]) -> None:
    """Save what has changed of somebody, and announce it; nothing where that is nothing.

    Their row is locked, and the transaction open.

    Args:
        user: who, as they are from now on.
        changed: the names of the fields.
    """
    if changed:
        user.profile_version += 1
        user.save(update_fields=[*changed, "profile_version"])
        Outbox.objects.create(event="user.changed", subjects=[user.id])
    if SHOWN_IN_ROOMS.intersection(changed):
        _tell_direct_rooms(user)


def _tell_direct_rooms(user: User) -> None:
    """Have the direct rooms of somebody told again, whose name or picture has become another one."""
    # By id, as everybody locks who needs more than one room.
    rooms = Room.objects.select_for_update(no_key=True, of=("self",)).order_by("id")
    direct = rooms.filter(kind=Room.Kind.DIRECT, members__user=user, members__left_seq=None)
    ids = list(direct.values_list("id", flat=True))
    if ids:
        Room.objects.filter(id__in=ids).update(version=F("version") + 1, changed_at=Now())
        Outbox.objects.create(event="room.changed", subjects=ids)
