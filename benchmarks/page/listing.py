"""What a long list of conversations costs: to be there, and to change with a message."""

from collections.abc import Sequence

from playwright.sync_api import Page

from benchmarks.page import probe
from benchmarks.page.people import Reader, Writer
from benchmarks.page.tables import spread

WHOLE_WITHIN_MS = 60_000
COUNT = "() => document.querySelectorAll('[data-testid=\"room\"]').length"


def whole(reader: Reader, room: str, *, rooms: int) -> tuple[Page, Sequence[Sequence[str]]]:
    """Open the page of somebody who is in so many rooms; return it, and the rows of a table."""
    page = reader.open(room)
    page.locator(f'[aria-setsize="{rooms}"]').first.wait_for(timeout=WHOLE_WITHIN_MS)
    loaded = page.evaluate("() => performance.now()")
    return page, [
        ["until all are listed, ms", f"{loaded:.0f}"],
        ["rows in the page", str(page.evaluate(COUNT))],
    ]


def news(page: Page, writer: Writer, room: str, *, messages: int) -> list[str]:
    """Let messages come to the open room, at the top of the list; return cells of a table."""
    probe.forget(page)
    took = []
    for number in range(messages):
        writer.write(room, f"message {number}, and a few words more")
        (paint,) = probe.paints(page, 1)
        took.append(paint.painted_ms)
    return spread(took)
