"""Makes bad inputs of good ones, by the thousand: the same for the same seed."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

ODD_VALUES: Sequence[Any] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**63, 2**64, -(2**63) - 1),
    *(0.0, -0.0, 1.5, 1e308, "", " ", "x", "0", "\uff11", "null", "\0", "\ufeff", "\u202e", "😀"),
    *("x" * 65, "x" * 5000, [], [[]], [None], {}, {"": {}}, {"type": "ping"}),
)
ODD_TEXTS = (
    *("NaN", "Infinity", "-Infinity", "1e999", "\\ud800", "\\u0000", "\\udc00\\ud800", "\\x"),
    *("{", "}", "[", "]", ",", ":", '"', "\\", "/", "//", "/*", "'", "\n", "\0", "\x7f", "\ufeff"),
    *(
        "9" * 400,
        "-",
        "+",
        ".",
        "e",
        "00",
        "null",
        "true",
        "é",
        "\uff11",
        "\u2028",
        "😀",
        "[" * 2000,
    ),
)
Mutator = Callable[[random.Random, str], str]


def mutant(dice: random.Random, good: Sequence[str]) -> str:
    """Return one of some good JSON texts with one to four things changed."""
    text = dice.choice(good)
    for _ in range(dice.randint(1, 4)):
        text = dice.choice(MUTATORS)(dice, text)
    return text.encode("utf-8", "replace").decode()


def _cut(dice: random.Random, text: str) -> str:
    start, end = _span(dice, text)
    return text[:start] + text[end:]


def _repeated(dice: random.Random, text: str) -> str:
    start, end = _span(dice, text)
    return text[:end] + text[start:end] * dice.randint(1, 3) + text[end:]


def _with_something_odd(dice: random.Random, text: str) -> str:
    start, end = _span(dice, text) if dice.random() < 0.5 else [dice.randint(0, len(text))] * 2
    return text[:start] + dice.choice(ODD_TEXTS) + text[end:]


def _with_other_characters(dice: random.Random, text: str) -> str:
    characters = list(text)
    for _ in range(min(len(text), dice.randint(1, 3))):
        characters[dice.randrange(len(text))] = chr(dice.choice((dice.randrange(128), 0x20AC)))
    return "".join(characters)


def _in_other_case(dice: random.Random, text: str) -> str:
    start, end = _span(dice, text)
    return text[:start] + text[start:end].swapcase() + text[end:]


def _with_another_value(dice: random.Random, text: str) -> str:
    """Put a value of another kind somewhere into the structure; as it is where there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    place: Any = value
    while isinstance(place, dict | list) and place:
        key = dice.choice([*place]) if isinstance(place, dict) else dice.randrange(len(place))
        if not isinstance(place[key], dict | list) or not place[key] or dice.random() < 0.5:
            _change(dice, place, key)
            break
        place = place[key]
    return json.dumps(value, ensure_ascii=dice.random() < 0.5)


def _change(dice: random.Random, place: Any, key: Any) -> None:
    way = dice.randrange(4)
    if way == 0:
        del place[key]
    elif way == 1 and isinstance(place, dict):
        place[dice.choice(("", "type", "ref", key * 2, key.upper()))] = place.pop(key)
    else:
        place[key] = dice.choice(ODD_VALUES) if way == 2 else [place[key]]


def _span(dice: random.Random, text: str) -> list[int]:
    return sorted(dice.randint(0, len(text)) for _ in range(2))


MUTATORS: Sequence[Mutator] = (
    *(_cut, _repeated, _with_something_odd, _with_other_characters, _in_other_case),
    *(_with_another_value, _with_another_value, _with_another_value),
)


def flipped(dice: random.Random, data: bytes) -> bytes:
    """Return bytes with some bits turned over, and perhaps some missing or there twice."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    if dice.random() < 0.3:
        start, end = sorted(dice.randint(0, len(changed)) for _ in range(2))
        changed[start:end] = changed[start:end] * dice.choice((0, 2))
    return bytes(changed)
