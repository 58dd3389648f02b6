"""The tutorial, read: what it has people write into files, and what it has them run.

A block of ``sh`` is run by the tests as it stands; what stands in ``console`` is only shown. A comment of
``…`` in a block of code stands for lines that are left out.
"""

import re
from dataclasses import dataclass

from dev.settings import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
SITE = ROOT / "examples" / "django-site"
PARLEY_URL = "http://127.0.0.1:8000"
SITE_URL = "http://127.0.0.1:8100"
"""Where the tutorial has both."""

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^(?:#|//|/\*|<!--) (?P<path>[\w./-]+)(?: \*/| -->)?\n")
_VARIABLE = re.compile(r"\b([A-Z_]+)=(\S+)")
_LEFT_OUT = re.compile(r"\n(?:# …|<!-- … -->)\n")
CODE = ("python", "js", "html", "django")
RUN = "sh"


@dataclass(frozen=True)
class Piece:
    """A part of a file, as the tutorial has it.

    Attributes:
        path: of the file, in the site's folder.
        text: that part of it.
    """

    path: str
    text: str


def pieces() -> list[Piece]:
    """Return all code of the tutorial.

    Raises:
        ValueError: a block does not say of which file it is.
    """
    found = []
    for block in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["language"] not in CODE:
            continue
        named = _NAMED.match(block["text"])
        if named is None:
            raise ValueError(f"of which file is this?\n{block['text']}")
        code = block["text"][named.end() :]
        found += [Piece(named["path"], part.strip("\n")) for part in _LEFT_OUT.split(code)]
    return found


def commands(word: str) -> str:
    """Return the one block of commands in which a word stands.

    Raises:
        ValueError: there is none, or there are several.
    """
    text = PAGE.read_text(encoding="utf-8")
    all_of_them = [each["text"] for each in _BLOCK.finditer(text) if each["language"] == RUN]
    (found,) = (each for each in all_of_them if word in each)
    return found


def variables_of_parley(site_url: str) -> dict[str, str]:
    """Return what the tutorial starts Parley with, for a site that is elsewhere."""
    given = dict(_VARIABLE.findall(commands("make up").replace("\\\n", "")))
    return {name: value.replace(SITE_URL, site_url) for name, value in given.items()}
