"""Pages of a room's history: how many messages one holds, and whether there are more behind it.

Whoever reads a page reads one message more than it holds: that one is not shown, it only says that
the room goes on.
"""

from collections.abc import Sequence
from typing import TypeVar

NEWEST_MESSAGES = 50
"""Messages that come without any parameter: the end of a room, as one opens it."""
USUAL_PAGE = 20
"""Messages of a page above or below a seq, where nothing else is wished."""

T = TypeVar("T")


def page_size(limit: int | None, *, is_opening: bool) -> int:
    """Return how many messages a page holds at most.

    Args:
        limit: as wished; None where nothing is.
        is_opening: whether the room's end is asked for, and no page above or below a seq.
    """
    return limit or (NEWEST_MESSAGES if is_opening else USUAL_PAGE)


def cut(found: Sequence[T], size: int) -> tuple[Sequence[T], bool]:
    """Return what of ``size + 1`` that were read belongs to the page, and whether there are more."""
    return found[:size], len(found) > size
