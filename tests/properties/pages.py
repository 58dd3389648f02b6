"""Scrolling through a room: over a room that is a list, and over one of the real suite."""

from collections.abc import Awaitable, Callable, Sequence

from services.chat.domain.paging import cut, page_size

Page = tuple[list[int], bool]
"""The seqs of a page, ascending, and whether there are more."""
Ask = Callable[..., Awaitable[Page]]
"""Reads a page: ``before``, ``after`` and ``limit`` as over HTTP."""


def page_of(
    seqs: Sequence[int],
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> Page:
    """Read a page of a room as the service does, with a list in place of the table."""
    size = page_size(limit, is_opening=before is None and after is None)
    if after is not None:
        page, has_more = cut([seq for seq in seqs if seq > after][: size + 1], size)
        return list(page), has_more
    below = [seq for seq in reversed(seqs) if before is None or seq < before]
    page, has_more = cut(below[: size + 1], size)
    return list(reversed(page)), has_more


async def scroll_about(
    ask: Ask, cursor: int, write: Callable[[], Awaitable[None]]
) -> tuple[list[list[int]], list[list[int]]]:
    """Scroll up from a cursor to the beginning, then down from it to the end.

    Args:
        ask: reads a page.
        cursor: where to begin.
        write: is called when the first page is there.

    Returns:
        The pages above the cursor and those below it, each in the order in which they were loaded.
    """
    page, has_more = await ask(before=cursor)
    await write()
    above = [page]
    while has_more:
        page, has_more = await ask(before=page[0])
        above.append(page)
    below: list[list[int]] = []
    has_more = True
    while has_more:
        page, has_more = await ask(after=below[-1][-1] if below else cursor)
        below.append(page)
    return above, below
