"""Columns: how wide a text is on a terminal, and how it is broken, cut and filled up.

Only for text that went through ``safe``; a width counts the columns of wide letters and emoji.
"""

import re
from collections.abc import Iterator

from wcwidth import iter_graphemes, wcswidth

_WORDS = re.compile(" +|[^ ]+")


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(max(wcswidth(grapheme), 0) for grapheme in iter_graphemes(text))


def wrap(text: str, columns: int) -> list[str]:
    """Break a line between words, and words that are longer than a line anywhere.

    Spaces at its beginning stay; those at which it is broken go. At least one line.
    """
    lines, line, used = [], "", 0
    for word in _WORDS.findall(text):
        for piece in _pieces(word, columns):
            size = width(piece)
            if used + size > columns:
                lines.append(line.rstrip(" "))
                line, used = "", 0
                if not piece.strip(" "):
                    continue
            line, used = line + piece, used + size
    return [*lines, line]


def clip(text: str, columns: int) -> str:
    """Cut a text to so many columns; what is cut ends with an ellipsis."""
    if width(text) <= columns:
        return text
    kept, used = "", 0
    for grapheme in iter_graphemes(text):
        used += width(grapheme)
        if used > columns - 1:
            break
        kept += grapheme
    return kept + "…"


def fill(text: str, columns: int, *, right: bool = False) -> str:
    """Cut or fill a text to exactly so many columns; ``right`` moves it to the right end."""
    text = clip(text, columns)
    space = " " * (columns - width(text))
    return space + text if right else text + space


def _pieces(word: str, columns: int) -> Iterator[str]:
    """Yield a word whole where it fits into a line, letter by letter otherwise.

    Some signs of Arabic are one letter with all that follow them, however many: those are cut too.
    """
    if width(word) <= columns:
        yield word
        return
    for grapheme in iter_graphemes(word):
        if width(grapheme) <= columns:
            yield grapheme
        else:
            yield from grapheme
