"""Ids as they come from outside: opaque to clients, UUIDs to us.

Only the canonical form (lower case, hyphens) is an id. ``uuid.UUID`` alone would also read
braces, ``urn:uuid:`` and capitals, and one room would have many names.
"""

from uuid import UUID

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
