"""Shapes of ``/users`` and ``/me``."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from services.chat.api.shapes.shape import Shape
from services.chat.domain.names import DISPLAY_NAME_CHARS
from services.chat.frames.server import Person

IDS_CHARS = 200 * 37
"""Longest ``?ids=``: 200 of them."""


class PeopleQuery(Shape, frozen=True, kw_only=True):
    """Either a beginning of a name, or ids with commas between them."""

    search: Annotated[str, Meta(max_length=DISPLAY_NAME_CHARS)] | None = None
    ids: Annotated[str, Meta(max_length=IDS_CHARS)] | None = None


class People(Shape, frozen=True, kw_only=True):
    """Some people."""

    users: list[Person]


class Profile(Shape, frozen=True, kw_only=True):
    """Oneself."""

    user: Person


class ProfileChange(Shape, frozen=True, kw_only=True):
    """What is to be changed of oneself; what is not named stays."""

    display_name: Annotated[str, Meta(max_length=DISPLAY_NAME_CHARS)] | UnsetType = UNSET
