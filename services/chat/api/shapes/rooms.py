"""Shapes of ``/rooms`` and their members."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from services.chat.api.shapes.shape import Shape
from services.chat.domain.rooms import ROOM_MEMBERS, Role

PAGE_ROOMS = 100
PAGE_MEMBERS = 100
"""Most entries of a page of each."""

People = Annotated[
    list[Annotated[str, Meta(max_length=64)]],
    Meta(max_length=ROOM_MEMBERS, description=f"At most {ROOM_MEMBERS} usernames or ids."),
]


class RoomsQuery(Shape, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_ROOMS)] = PAGE_ROOMS


class OpenRoom(Shape, frozen=True, kw_only=True):
    """A room to open; the caller need not be among ``members``. A group needs a ``name``."""

    kind: Literal["direct", "group"]
    members: People
    name: str | None = None


class ChangeRoom(Shape, frozen=True, kw_only=True):
    """What is to be changed of a group.

    ``open_history``: whether members read what was written before they joined.
    """

    name: str | UnsetType = UNSET
    open_history: bool | UnsetType = UNSET


class AddMembers(Shape, frozen=True, kw_only=True):
    """People to add to a group; those who are in it already stay as they are."""

    members: People


class ChangeMember(Shape, frozen=True, kw_only=True):
    """What a member is to be. ``owner`` hands the group over: the old owner becomes an admin."""

    role: Role


class MembersQuery(Shape, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MEMBERS)] = PAGE_MEMBERS
