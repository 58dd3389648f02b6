"""What both ways to a socket have in common."""

from collections.abc import Callable

CLOSE_WITHIN_S = 5.0
"""How long a client may take to read what was written before its close frame."""

OnText = Callable[[str | None], None]
"""Takes a text frame, or None for a binary one."""
