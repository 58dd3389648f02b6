"""What people may be called. A name is shown to others, so it must not deceive them."""

import unicodedata
from typing import Annotated

from msgspec import Meta

from libs.common.errors import BadFrame

DISPLAY_NAME_CHARS = 80
"""Longest display name of a person or name of a room, in code points."""
USERNAME_PATTERN = r"^[A-Za-z0-9_.\-]{3,32}$(?!\n)"
"""Means the same to Python, whose ``$`` also matches before a last line end, and to JSON Schema."""

Username = Annotated[
    str,
    Meta(
        pattern=USERNAME_PATTERN,
        min_length=3,
        max_length=32,
        description="3 to 32 letters (a to z), digits, dots, dashes or underscores.",
    ),
]
"""Unique whatever its case; only ASCII, so that no two usernames look alike."""

_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of what stands around them. Source: UAX #9."""
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of Unicode that are no part of a name: controls, half characters, line ends."""
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Zs"})
"""Categories of which alone no name can consist: joiners, accents, spaces."""
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol that draw nothing."""
_ZERO_WIDTH = frozenset("\u00ad\u200b\u2060\ufeff")
"""Characters that nobody sees: with them two names would look alike. Source: UTS #39."""


def display_name_of(text: str) -> str:
    """Return a display name as it is kept: without spaces around it.

    Raises:
        BadFrame: it is empty, too long, invisible, or holds characters that control the text.
    """
    return _name_of(text, field="display_name")


def room_name_of(text: str) -> str:
    """Return the name of a group as it is kept: without spaces around it.

    Raises:
        BadFrame: as for a display name.
    """
    return _name_of(text, field="name")


def _name_of(text: str, *, field: str) -> str:
    name = text.strip()
    problem = _problem_of(name)
    if problem:
        raise BadFrame(fields={field: [problem]})
    return name


def _problem_of(name: str) -> str | None:
    if not 1 <= len(name) <= DISPLAY_NAME_CHARS:
        return f"Expected 1 to {DISPLAY_NAME_CHARS} characters."
    deceiving = _REORDERING | _ZERO_WIDTH
    if any(char in deceiving or unicodedata.category(char) in _CONTROLS for char in name):
        return "A name must not hold control characters."
    if all(char in _BLANKS or unicodedata.category(char) in _INVISIBLE for char in name):
        return "A name must be visible."
    return None
