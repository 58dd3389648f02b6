"""A flame graph: as wide as a function took part in the samples, what it calls above it.

One SVG without scripts; a browser shows a function's name and share where the mouse rests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from benchmarks.profile.recorded import Stacks

WIDTH, ROW, MARGIN = 1600, 17, 24
"""Pixels."""
NARROWEST = 0.4
"""What is narrower is left out, with all above it."""
CHAR = 6.2
"""Width of a letter."""
FONT = "11px Verdana, sans-serif"
OURS = {"(services/": "#f4a259", "(libs/": "#f7d070"}
"""Colours of our own code, by where it is; all other code is grey."""
GREY = "#c9d1d9"


@dataclass(slots=True)
class Flame:
    """A function at one place of the stacks, and what it calls from there."""

    name: str
    count: int = 0
    calls: "dict[str, Flame]" = field(default_factory=dict)

    @property
    def height(self) -> int:
        """How many functions lie one upon the other, this one included."""
        return 1 + max((each.height for each in self.calls.values()), default=0)


def lit(stacks: Stacks) -> Flame:
    """Return all stacks as one tree."""
    root = Flame("all")
    for stack, count in stacks.counts.items():
        flame = root
        flame.count += count
        for name in stack:
            flame = flame.calls.setdefault(name, Flame(name))
            flame.count += count
    return root


def drawn(stacks: Stacks, *, title: str) -> str:
    """Return the picture."""
    root = lit(stacks)
    height = MARGIN + ROW * root.height
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">',
            f'<rect width="100%" height="100%" fill="#fff"/><g style="font: {FONT}">',
            f'<text x="4" y="15">{escape(title)}</text>',
            *_boxes(root, left=0.0, bottom=height, scale=WIDTH / max(1, root.count), of=root.count),
            "</g></svg>\n",
        ]
    )


def _boxes(flame: Flame, *, left: float, bottom: int, scale: float, of: int) -> Iterator[str]:
    width = flame.count * scale
    if width < NARROWEST:
        return
    name = escape(flame.name)
    share = f"{100 * flame.count / max(1, of):.1f} %"
    yield (
        f'<g><title>{name}: {flame.count} samples, {share}</title><rect x="{left:.1f}" '
        f'y="{bottom - ROW}" width="{width:.1f}" height="{ROW - 1}" fill="{_colour(flame.name)}"/>'
    )
    if letters := int((width - 4) / CHAR):
        shown = escape(flame.name[:letters])
        yield f'<text x="{left + 2:.1f}" y="{bottom - 5}">{shown}</text>'
    yield "</g>"
    for each in sorted(flame.calls.values(), key=lambda call: call.name):
        yield from _boxes(each, left=left, bottom=bottom - ROW, scale=scale, of=of)
        left += each.count * scale


def _colour(name: str) -> str:
    return next((colour for where, colour in OURS.items() if where in name), GREY)
