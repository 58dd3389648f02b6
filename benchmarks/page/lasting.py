"""What hours of traffic leave in a page: the heap, and the elements, as message after message comes."""

from collections.abc import Sequence
from itertools import cycle

from playwright.sync_api import Page

from benchmarks.page.people import Writer

LOOKS = 6
"""How often the heap is looked at; the first time counts what the page is anyway."""
CAUGHT_UP_MS = 60_000
HEAD = ("messages", "heap, MiB", "elements")


def last(page: Page, writer: Writer, rooms: Sequence[str], *, messages: int) -> list[list[str]]:
    """Write into rooms by turns, of which the page shows the first; return the rows of a table."""
    session = page.context.new_cdp_session(page)
    found = []
    turns = cycle(rooms)
    written = 0
    for look in range(LOOKS + 1):
        while written < messages * look // LOOKS:
            writer.write(next(turns), f"message {written}, and a few words more")
            written += 1
        if written:
            until_shown(page, f"message {last_in_first(written, len(rooms))},")
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")["usedSize"] / 2**20
        elements = page.evaluate("() => document.querySelectorAll('*').length")
        found.append([str(written), f"{heap:.1f}", str(elements)])
    return found


def last_in_first(written: int, rooms: int) -> int:
    """Return the number of the last message that went to the room that is shown."""
    return (written - 1) // rooms * rooms


def until_shown(page: Page, text: str) -> None:
    """Wait until the page shows a message."""
    page.get_by_test_id("message").filter(has_text=text).wait_for(timeout=CAUGHT_UP_MS)
