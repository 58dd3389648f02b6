"""What a long conversation costs the page: to load all of it, to hold it, to scroll through it."""

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from benchmarks.page.tables import spread
from benchmarks.page.trace import CATEGORIES, Frames, frames_of

LOAD_ALL = """async () => {
    const box = document.querySelector('[data-testid="messages"]');
    const began = performance.now();
    const isThere = () => box.querySelector('[data-testid="message"][data-seq="1"]') !== null;
    while (!isThere()) {
        box.scrollTop = 0;
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - began;
}"""
COUNT = """() => ({
    elements: document.querySelectorAll("*").length,
    rows: document.querySelectorAll('[data-testid="message"]').length,
})"""
FAR_PX, SPEED_PX_PER_S = 20_000, 4_000


@dataclass(frozen=True, kw_only=True)
class Scrolled:
    """A conversation that was loaded to its beginning and scrolled through.

    Attributes:
        loaded_ms: for all pages of history, one after the other.
        elements: of the whole page afterwards.
        rows: of those, messages.
        heap_mib: of JavaScript, after a collection of garbage.
        frames: while it was scrolled.
    """

    loaded_ms: float
    elements: int
    rows: int
    heap_mib: float
    frames: Frames


def scroll(browser: Browser, page: Page) -> Scrolled:
    """Load the conversation that is open to its beginning, and scroll down and up in it."""
    loaded_ms = float(page.evaluate(LOAD_ALL))
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    counted = page.evaluate(COUNT)
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    box = page.get_by_test_id("messages").bounding_box()
    if box is None:
        raise RuntimeError("no conversation is open")
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    browser.start_tracing(page=page, categories=CATEGORIES)
    for distance in (-FAR_PX, FAR_PX):
        wish = {**middle, "yDistance": distance, "speed": SPEED_PX_PER_S, "preventFling": True}
        session.send("Input.synthesizeScrollGesture", {**wish, "gestureSourceType": "mouse"})
    return Scrolled(
        loaded_ms=loaded_ms,
        elements=counted["elements"],
        rows=counted["rows"],
        heap_mib=used / 2**20,
        frames=frames_of(browser.stop_tracing()),
    )


def cost_rows(scrolled: Scrolled) -> Sequence[Sequence[str]]:
    """Return the rows of the table of what each frame of scrolling costs."""
    frames = scrolled.frames
    return [
        ["script", *spread(frames.script)],
        ["style, layout, paint", *spread(frames.rendering)],
        ["tasks above 50 ms", *spread(frames.long_tasks)],
    ]


def size_rows(scrolled: Scrolled) -> Sequence[Sequence[str]]:
    """Return the rows of the table of how much there is."""
    return [
        ["loaded to the beginning, s", f"{scrolled.loaded_ms / 1000:.1f}"],
        ["elements in the page", str(scrolled.elements)],
        ["of them messages", str(scrolled.rows)],
        ["heap, MiB", f"{scrolled.heap_mib:.1f}"],
    ]
