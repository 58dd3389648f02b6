"""What a page notes of its own drawing: with which frame a message was painted, and how late.

Frames are counted, and count the same on a slow machine; milliseconds do not, and are for reports.
"""

from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_name("probe.js")
"""Has to be in the page before anything of it runs: ``context.add_init_script(path=SCRIPT)``."""
WITHIN_MS = 30_000


class Paint(NamedTuple):
    """One message, as it came to be seen.

    Attributes:
        kind: ``own`` (since Enter was pressed), or ``received`` (since the server's text came).
        frames: which frame after that painted it; None: none of the first 600.
        state: of its row in that frame, as ``data-state`` has it.
        content: what the row said.
        painted_ms: until that frame was out.
    """

    kind: str
    frames: int | None
    state: str | None
    content: str | None
    painted_ms: float


def forget(page: Page) -> None:
    """Forget what was noted: messages that the page missed come as if they were news."""
    page.evaluate("() => window.paints.splice(0)")


def paints(page: Page, count: int) -> list[Paint]:
    """Wait until so many messages are noted, return them and forget them."""
    page.wait_for_function("count => window.paints.length >= count", arg=count, timeout=WITHIN_MS)
    noted = page.evaluate("() => window.paints.splice(0)")
    return [
        Paint(each["kind"], each["frames"], each["state"], each.get("content"), each["painted_ms"])
        for each in noted
    ]
