"""Shapes of ``/rooms`` and their members."""

from typing import Annotated, Literal

from msgspec import Meta

from services.chat.api.shapes.base import Shape

PAGE_ROOMS = 100
PAGE_MEMBERS = 100
"""Most entries of a page of each."""


class RoomsQuery(Shape, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_ROOMS)] = PAGE_ROOMS


class OpenRoom(Shape, frozen=True, kw_only=True):
    """A room to open; ``members`` are usernames or ids, the caller need not be among them."""

    kind: Annotated[Literal["direct"], Meta(description="`direct`: the only kind so far.")]
    members: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=2)]


class MembersQuery(Shape, frozen=True, kw_only=True):
    """``after``: the ``next`` of the page before."""

    after: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MEMBERS)] = PAGE_MEMBERS
