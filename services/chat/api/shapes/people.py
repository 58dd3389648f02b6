"""Shapes of ``/users`` and ``/me``."""

from typing import Annotated, Self

from msgspec import UNSET, Meta, UnsetType

from libs.common.events import LastSeenTo
from services.chat.api.shapes.shape import Shape
from services.chat.domain.names import DISPLAY_NAME_CHARS
from services.chat.frames.server import Person
from services.chat.models import User
from services.chat.selectors.people import last_seen_to, person

IDS_CHARS = 200 * 37
"""Longest ``?ids=``: 200 of them."""


class PeopleQuery(Shape, frozen=True, kw_only=True):
    """Either a beginning of a name, or ids with commas between them."""

    search: Annotated[str, Meta(max_length=DISPLAY_NAME_CHARS)] | None = None
    ids: Annotated[str, Meta(max_length=IDS_CHARS)] | None = None


class AvatarQuery(Shape, frozen=True, kw_only=True):
    """``v``: the version that is wanted, as it was told."""

    v: Annotated[str, Meta(max_length=64)] | None = None


class People(Shape, frozen=True, kw_only=True):
    """Some people."""

    users: list[Person]


class Profile(Shape, frozen=True, kw_only=True):
    """Oneself, and what one lets others know."""

    user: Person
    send_read_receipts: bool
    last_seen: LastSeenTo

    @classmethod
    def of(cls, user: User) -> Self:
        """Return what one sees of oneself."""
        return cls(
            user=person(user),
            send_read_receipts=user.send_read_receipts,
            last_seen=last_seen_to(user),
        )


class ProfileChange(Shape, frozen=True, kw_only=True):
    """What is to be changed of oneself; what is not named stays."""

    display_name: Annotated[str, Meta(max_length=DISPLAY_NAME_CHARS)] | UnsetType = UNSET
    send_read_receipts: bool | UnsetType = UNSET
    last_seen: LastSeenTo | UnsetType = UNSET
