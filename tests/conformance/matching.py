"""Whether what came is what had to come: patterns, and the names that they bind.

A pattern is a JSON value. Members that it does not name may be there; those of lists are counted.
A text in it may be a placeholder: ``$seq`` stands for what it was bound to, or is bound to what
came; ``<time>`` for anything of a kind, and ``$at <time>`` for both at once. No network in here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Known = Mapping[str, Any]
"""What each name is bound to."""

NAME = re.compile(r"\$([a-z][a-z0-9_]*(?:\.[a-z]+)?)")
PLACEHOLDER = re.compile(r"(?:\$(?P<name>[a-z][a-z0-9_]*(?:\.[a-z]+)?))? ?(?:<(?P<kind>.+)>)?")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|\+00:00)")
"""RFC 3339, in UTC, with milliseconds."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
SHOWN_CHARS = 300

ABSENT = "<absent>"
ANY_ORDER, CONTAINS, EACH = "<any order>", "<contains>", "<each>"


class Mismatch(Exception):
    """What came is not what had to come; the message says where, and both."""

    def __init__(self, where: str, expected: object, came: object) -> None:
        super().__init__(f"{where or 'it'}: expected {shown(expected)}, came {shown(came)}")


def match(pattern: Any, value: Any, known: Known, where: str = "") -> Known:
    """Return what is known once the value was found to be as the pattern says.

    Raises:
        Mismatch: it is not.
    """
    match pattern:
        case dict():
            return _object(pattern, value, known, where)
        case list():
            return _list(pattern, value, known, where)
        case str():
            return _text(pattern, value, known, where)
    if type(pattern) is not type(value) or pattern != value:
        raise Mismatch(where, pattern, value)
    return known


def matches(pattern: Any, value: Any, known: Known) -> bool:
    """Return whether the value is as the pattern says."""
    try:
        match(pattern, value, known)
    except Mismatch:
        return False
    return True


def put(text: str, known: Known) -> str:
    """Return a text with the names in it replaced by what they are bound to.

    Raises:
        LookupError: one is bound to nothing.
    """
    return NAME.sub(lambda found: str(known[found[1]]), text)


def shown(value: object) -> str:
    """Return a value as a report shows it: short."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}… ({len(text)} characters)"


def _object(pattern: dict[str, Any], value: Any, known: Known, where: str) -> Known:
    for word, compare in _OF_LISTS.items():
        if word in pattern:
            return compare(pattern[word], _as_list(pattern, value, where), known, where)
    if not isinstance(value, dict):
        raise Mismatch(where, pattern, value)
    for written, expected in pattern.items():
        member = put(written, known)
        place = f"{where}.{member}" if where else member
        if expected == ABSENT:
            if member in value:
                raise Mismatch(place, ABSENT, value[member])
        elif member not in value:
            raise Mismatch(place, expected, ABSENT)
        else:
            known = match(expected, value[member], known, place)
    return known


def _as_list(pattern: object, value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Mismatch(where, pattern, value)
    return value


def _list(pattern: list[Any], value: Any, known: Known, where: str) -> Known:
    if len(_as_list(pattern, value, where)) != len(pattern):
        raise Mismatch(where, f"{len(pattern)} of {pattern}", f"{len(value)}: {value}")
    for index, (expected, item) in enumerate(zip(pattern, value, strict=True)):
        known = match(expected, item, known, f"{where}[{index}]")
    return known


def _each(pattern: Any, value: list[Any], known: Known, where: str) -> Known:
    for index, item in enumerate(value):
        known = match(pattern, item, known, f"{where}[{index}]")
    return known


def _contains(patterns: list[Any], value: list[Any], known: Known, where: str) -> Known:
    """Each pattern takes the first item that is left and like it; what is left over may be."""
    left = list(value)
    for pattern in patterns:
        found = next((item for item in left if matches(pattern, item, known)), None)
        if found is None:
            raise Mismatch(where, pattern, left)
        known = match(pattern, found, known, where)
        left.remove(found)
    return known


def _any_order(patterns: list[Any], value: list[Any], known: Known, where: str) -> Known:
    if len(value) != len(patterns):
        raise Mismatch(where, f"{len(patterns)} of {patterns}", f"{len(value)}: {value}")
    return _contains(patterns, value, known, where)


_OF_LISTS: Mapping[str, Callable[[Any, list[Any], Known, str], Known]] = {
    ANY_ORDER: _any_order,
    CONTAINS: _contains,
    EACH: _each,
}


def _text(pattern: str, value: Any, known: Known, where: str) -> Known:
    found = PLACEHOLDER.fullmatch(pattern)
    if not pattern or found is None:
        expected = put(pattern, known)
        if value != expected:
            raise Mismatch(where, expected, value)
        return known
    name, kind = found["name"], found["kind"]
    if kind is not None and not _is_of_kind(put(kind, known), value):
        raise Mismatch(where, put(f"<{kind}>", known), value)
    if name is None:
        return known
    if name not in known:
        return {**known, name: value}
    if type(known[name]) is not type(value) or known[name] != value:
        raise Mismatch(where, f"{known[name]!r} (${name})", value)
    return known


def _is_of_kind(kind: str, value: Any) -> bool:
    word, _, rest = kind.partition(" ")
    return KINDS[word](value, rest)


def _is_number(value: Any, bounds: str, types: tuple[type, ...]) -> bool:
    return type(value) in types and _is_within(value, bounds)


def _is_within(value: float, bounds: str) -> bool:
    low, _, high = bounds.partition("..")
    return (not low or value >= float(low)) and (not high or value <= float(high))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_text(item) for item in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _words(text: str) -> Iterable[str]:
    return (word.strip() for word in text.split("|"))


KINDS: Mapping[str, Callable[[Any, str], bool]] = {
    "any": lambda value, _: True,
    "bool": lambda value, _: isinstance(value, bool),
    "id": lambda value, _: _is_text(value),
    "int": lambda value, bounds: _is_number(value, bounds, (int,)),
    "length": lambda value, bounds: hasattr(value, "__len__") and _is_within(len(value), bounds),
    "like": lambda value, regex: _fits(re.compile(regex, re.DOTALL), value),
    "not": lambda value, other: str(value) != other,
    "null": lambda value, _: value is None,
    "number": lambda value, bounds: _is_number(value, bounds, (int, float)),
    "one": lambda value, words: value in _words(words.removeprefix("of ")),
    "text": lambda value, _: _is_text(value),
    "texts": lambda value, _: _are_texts(value),
    "time": lambda value, _: _fits(TIME, value),
    "time?": lambda value, _: value is None or _fits(TIME, value),
    "uuid": lambda value, _: _fits(UUID, value),
}
"""What stands in ``<…>``: a word, and behind it what it needs; described in the README."""
