"""Ids as they come from outside: opaque to clients, UUIDs to us.

Only the canonical form (lower case, hyphens) is an id. ``uuid.UUID`` alone would also read
braces, ``urn:uuid:`` and capitals, and one room would have many names.
"""

from collections.abc import Iterable
from uuid import UUID

BEFORE_ALL = UUID(int=0)
"""Before every id, in the order of PostgreSQL: behind it the first page begins."""
_ID_CHARS = 36


def uuid_of(text: str) -> UUID | None:
    """Return the UUID that ``text`` is the canonical form of, or None."""
    if len(text) != _ID_CHARS:
        return None
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if str(value) == text else None


def uuids_of(texts: Iterable[str]) -> list[UUID]:
    """Return the UUIDs of those texts that are ids, in their order; the others are left out."""
    return [known for text in texts if (known := uuid_of(text)) is not None]
