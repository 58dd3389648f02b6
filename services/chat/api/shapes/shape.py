"""What all shapes of bodies, queries and answers are."""

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What all of them are: read once, never changed."""


class Accepted(Shape, frozen=True, kw_only=True):
    """It was taken; what comes of it is told elsewhere."""
