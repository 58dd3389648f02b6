"""How long it takes until a message is painted: one's own from Enter, another's from its frame."""

from collections.abc import Mapping, Sequence

from playwright.sync_api import Page

from benchmarks.page import probe
from benchmarks.page.people import Writer
from benchmarks.page.tables import spread

WARM_UP = 10
NAMES = {"own": "Enter to painted", "received": "frame to painted"}


def measure(page: Page, writer: Writer, room: str, *, messages: int) -> Mapping[str, list[float]]:
    """Let both write by turns, one message after the other; return milliseconds by kind.

    Args:
        page: with the room open, at its end.
        writer: the other one.
        room: theirs.
        messages: of both together, behind some that do not count.
    """
    took: dict[str, list[float]] = {kind: [] for kind in NAMES}
    composer = page.get_by_test_id("composer")
    probe.forget(page)
    for number in range(WARM_UP + messages):
        text = f"message {number}, and a few words more"
        if number % 2:
            writer.write(room, text)
        else:
            composer.fill(text)
            composer.press("Enter")
        (paint,) = probe.paints(page, 1)
        if number >= WARM_UP:
            took[paint.kind].append(paint.painted_ms)
    return took


def rows(took: Mapping[str, Sequence[float]]) -> list[list[str]]:
    """Return the table's rows."""
    return [[NAMES[kind], *spread(values)] for kind, values in took.items()]
