"""What a client's frame should be answered with, told a second time and in another way.

Another reader of JSON, and the table of docs/protocol.md instead of the structs: slow, and written to be
compared with ``services.chat.frames.client.parse``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.fuzz.json_text import NoJson, Undecided, read

__all__ = ["NoJson", "Undecided", "expected", "read", "wrong_members"]

FRAME_BYTES = 65_536
MAX_SEQ = 2**53 - 1


def expected(text: str) -> tuple[str, frozenset[str]]:
    """Return the code of the error that a frame gets and the members it names; ``ok`` where none.

    Raises:
        Undecided: other answers are as right.
    """
    if len(text.encode()) > FRAME_BYTES:
        return "too_large", frozenset()
    try:
        value = read(text)
    except NoJson:
        return "bad_json", frozenset()
    return _judged(value) if isinstance(value, dict) else ("bad_frame", frozenset())


def _judged(value: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    if not isinstance(value.get("type"), str):
        return "bad_frame", frozenset({"type"})
    members = FRAMES.get(value["type"])
    if members is None:
        return "unsupported_type", frozenset()
    wrong = wrong_members(members, value)
    return ("bad_frame" if wrong else "ok"), wrong


def wrong_members(members: Mapping[str, "Rule"], value: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of members that are missing or not as their rule says."""
    return frozenset(
        name
        for name, is_right in members.items()
        if not (is_right(value[name]) if name in value else name in OPTIONAL)
    )


# -- the table of docs/protocol.md -------------------------------------------------------------

Rule = Callable[[Any], bool]


def _is_int(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def is_text(value: Any) -> bool:
    """A string."""
    return isinstance(value, str)


def is_seq(value: Any) -> bool:
    """A place in a room."""
    return _is_int(value, 1, MAX_SEQ)


def is_seq_or_null(value: Any) -> bool:
    """A place in a room, or none."""
    return value is None or is_seq(value)


def is_cursors(value: Any) -> bool:
    """How far some rooms are held."""
    return (
        isinstance(value, dict)
        and len(value) <= 200
        and all(_is_int(seq, 0, MAX_SEQ) for seq in value.values())
    )


def is_ref(value: Any) -> bool:
    """What an answer repeats."""
    return value is None or (isinstance(value, str) and len(value) <= 64)


def is_client_id(value: Any) -> bool:
    """A UUID with its hyphens, in either case."""
    digits = value.split("-") if isinstance(value, str) else []
    return [len(part) for part in digits] == [8, 4, 4, 4, 12] and all(
        digit in "0123456789abcdefABCDEF" for part in digits for digit in part
    )


def is_content(value: Any) -> bool:
    """Text that says something and can be stored."""
    return (
        isinstance(value, str) and len(value) <= 4096 and bool(value.strip()) and "\0" not in value
    )


MESSAGE: Mapping[str, Rule] = {
    "ref": is_ref,
    "room": is_text,
    "client_id": is_client_id,
    "content": is_content,
    "reply_to": is_seq_or_null,
}
RECEIPT: Mapping[str, Rule] = {"ref": is_ref, "room": is_text, "seq": is_seq}
FRAMES: Mapping[str, Mapping[str, Rule]] = {
    "message": MESSAGE,
    "retry": {**MESSAGE, "attempt": lambda value: _is_int(value, 1, 3)},
    "delivered": RECEIPT,
    "read_receipt": RECEIPT,
    "typing": {
        "ref": is_ref,
        "room": is_text,
        "is_typing": lambda value: isinstance(value, bool),
    },
    "activity": {"ref": is_ref, "state": lambda value: value in ("active", "away")},
    "sync": {"ref": is_ref, "cursors": is_cursors},
    "ping": {"ref": is_ref},
}
OPTIONAL = {"ref", "reply_to"}
