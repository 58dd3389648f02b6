"""JSON read by a few lines of Python, as RFC 8259 writes it down, and not a letter more.

Slow, and that is its use: a fuzzer sees each of its branches, and msgspec, which it is compared with,
has no line in common with it. The standard library would not do: in some versions it takes digits of
any script, and spaces in escapes.
"""

import math
import re
from typing import Any

DEEPEST = 100
"""Nesting up to which every reader has to follow; far above it each gives up at a depth of its own."""
LONGEST_INT = 4000
"""Digits up to which a whole number is read."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))
_WORDS = {"true": True, "false": False, "null": None}


class NoJson(Exception):
    """A text that is none, or holds half a character."""


class Undecided(Exception):
    """A text about which readers of JSON may differ.

    It is nested very deeply, names a member twice, or holds a number that is very long or beyond all
    floats. Source: RFC 8259, 4, 6, 9.
    """


def read(text: str) -> Any:
    """Return what a text says.

    Raises:
        NoJson: it says nothing.
        Undecided: other readers may find otherwise.
    """
    value, end = _value(text, _behind_space(text, 0), 0)
    if _behind_space(text, end) != len(text):
        raise NoJson
    return value


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > DEEPEST:
        raise Undecided
    first = text[at : at + 1]
    if first == "{":
        return _object(text, at + 1, depth)
    if first == "[":
        return _array(text, at + 1, depth)
    if first == '"':
        return _string(text, at + 1)
    for word, value in _WORDS.items():
        if text.startswith(word, at):
            return value, at + len(word)
    return _number(text, at)


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    is_repeated = False
    at = _behind_space(text, at)
    if text.startswith("}", at):
        return members, at + 1
    while True:
        if not text.startswith('"', at):
            raise NoJson
        name, at = _string(text, at + 1)
        at = _behind(":", text, _behind_space(text, at))
        is_repeated |= name in members
        members[name], at = _value(text, _behind_space(text, at), depth + 1)
        at = _behind_space(text, at)
        if text.startswith("}", at):
            break
        at = _behind_space(text, _behind(",", text, at))
    if is_repeated:
        raise Undecided
    return members, at + 1


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    at = _behind_space(text, at)
    if text.startswith("]", at):
        return items, at + 1
    while True:
        item, at = _value(text, at, depth + 1)
        items.append(item)
        at = _behind_space(text, at)
        if text.startswith("]", at):
            return items, at + 1
        at = _behind_space(text, _behind(",", text, at))


def _string(text: str, at: int) -> tuple[str, int]:
    parts = []
    while True:
        plain = _PLAIN.match(text, at)
        assert plain is not None
        parts.append(plain[0])
        at = plain.end()
        if text.startswith('"', at):
            return _whole("".join(parts)), at + 1
        character, at = _escape(text, _behind("\\", text, at))
        parts.append(character)


def _escape(text: str, at: int) -> tuple[str, int]:
    letter = text[at : at + 1]
    if letter == "u":
        code = _HEX.match(text, at + 1)
        if code is None:
            raise NoJson
        return chr(int(code[0], 16)), code.end()
    if letter not in _ESCAPES:
        raise NoJson
    return _ESCAPES[letter], at + 1


def _whole(text: str) -> str:
    """Join halves of characters; one that is left over is none."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise NoJson from None


def _number(text: str, at: int) -> tuple[int | float, int]:
    found = _NUMBER.match(text, at)
    if found is None:
        raise NoJson
    whole, rest = found.groups()
    if len(whole) > LONGEST_INT:
        raise Undecided
    value = float(found[0]) if rest else int(whole)
    if isinstance(value, float) and math.isinf(value):
        raise Undecided
    return value, found.end()


def _behind(sign: str, text: str, at: int) -> int:
    if not text.startswith(sign, at):
        raise NoJson
    return at + 1


def _behind_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None
    return space.end()
