"""Text of other people made harmless: it may say anything and do nothing.

What would move the cursor, colour the screen, turn the direction of reading or hide is replaced by
something that is seen. Everything that comes from the server goes through here before it is laid
out: content, names, and the sentences of errors.
"""

import re
import unicodedata
from collections.abc import Iterator

_LINE_END = re.compile("\r\n|[\n\x85\u2028\u2029]")
_TAB = "    "
_JOINERS = frozenset("\u200c\u200d")
"""Invisible, but needed: by Persian and Indic words, by emoji of several persons."""
_DRAWN_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Signs of Arabic, Syriac and Kaithi that Unicode counts as controls of format, but that show."""
_MARKS_IN_A_ROW = 8
"""Accents on one letter; no language needs more, and a tower of them covers other lines."""
_DELETE = 0x7F
_FIRST_PRINTABLE = 0x20


def safe_lines(text: str) -> list[str]:
    """Return the lines of a text, each of which can be written to any terminal."""
    return ["".join(_harmless(line)) for line in _LINE_END.split(text)]


def safe(text: str) -> str:
    """Return a text as one line that can be written to any terminal."""
    return " ".join(safe_lines(text))


def _harmless(line: str) -> Iterator[str]:
    marks = 0
    for char in line:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MARKS_IN_A_ROW:
            continue
        yield _shown(char, category)


def _shown(char: str, category: str) -> str:
    if char == "\t":
        return _TAB
    if category == "Cc":
        return _picture(ord(char))
    if category == "Cs":
        return "\ufffd"
    if category == "Cf" and char not in _JOINERS and char not in _DRAWN_FORMATS:
        return f"<U+{ord(char):04X}>"
    return char


def _picture(code: int) -> str:
    """Return a sign for a control character: Unicode has pictures for those of ASCII."""
    if code < _FIRST_PRINTABLE:
        return chr(0x2400 + code)
    return "␡" if code == _DELETE else f"<U+{code:04X}>"
