"""Events that carry a number, so that a test can say which of them were seen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libs.common import events
from libs.common.events import AnyEvent, UserChanged
from libs.common.streams.entries import Entry

Eventually = Callable[..., Any]
"""The fixture of that name."""


def numbered(number: int) -> UserChanged:
    return UserChanged(user=str(number), username="ada", display_name="Ada")


def packed(number: int) -> dict[Any, Any]:
    """The fields of an entry with one such event."""
    return {"e": events.encode([numbered(number)])}


def numbers_of(entries: Sequence[Entry]) -> list[int]:
    return [number for entry in entries for number in _numbers(entry.events)]


def numbers_in(fields: Mapping[bytes, bytes]) -> list[int]:
    return _numbers(events.decode(fields[b"e"]))


def _numbers(some: Sequence[AnyEvent]) -> list[int]:
    return [int(event.user) for event in some if isinstance(event, UserChanged)]
