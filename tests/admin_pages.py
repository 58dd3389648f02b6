"""Reading the admin's pages: what they take from people, and what the page of breakers says."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ROW = re.compile(r'<tr id="(?P<name>[\w-]+)">(?P<cells>.*?)</tr>', re.DOTALL)
_CELL = re.compile(r"<td>(.*?)</td>", re.DOTALL)
_TAG = re.compile(r"<(?!br>)[^>]*>")


@dataclass(frozen=True)
class ShownBreaker:
    """A row of the page; ``transitions`` are states, the newest first."""

    state: str
    seconds: str
    running: str
    while_open: str
    transitions: Sequence[str]


def changeable(text: str) -> list[str]:
    """Return what of a page's main part takes anything from people."""
    return re.findall(
        r'<(?:input (?!type="hidden")|select|textarea)[^>]*>', text.partition('id="content"')[2]
    )


def read_breakers(text: str) -> Mapping[str, ShownBreaker]:
    """Read the table of a page."""
    return {row["name"]: _read(_CELL.findall(row["cells"])) for row in _ROW.finditer(text)}


def _read(cells: Sequence[str]) -> ShownBreaker:
    state, seconds, running, while_open, changes = (
        html.unescape(_TAG.sub("", cell)).strip() for cell in cells
    )
    transitions = [] if changes == "none" else [one.split()[-1] for one in changes.split("<br>")]
    return ShownBreaker(state, seconds, running, while_open, transitions)
