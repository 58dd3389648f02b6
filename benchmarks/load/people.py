"""Who takes part in a load. A server makes them in bulk; here they only have names and tokens."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec


class Somebody(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is signed in.

    Attributes:
        user: their id.
        room: the one room that they are in.
        token: what their connection shows to be them.
    """

    user: str
    room: str
    token: str


def read_people(path: Path) -> list[Somebody]:
    """Read what ``python -m services.chat crowd`` printed: a person a line, room by room.

    Raises:
        msgspec.DecodeError: that is something else.
    """
    return people_in(path.read_bytes())


def people_in(lines: bytes) -> list[Somebody]:
    """Read people from lines of JSON.

    Raises:
        msgspec.DecodeError: as ``read_people``.
    """
    return [msgspec.json.decode(line, type=Somebody) for line in lines.splitlines() if line]


def room_sizes(people: Sequence[Somebody]) -> dict[str, int]:
    """Return how many people are in each room."""
    sizes: dict[str, int] = {}
    for each in people:
        sizes[each.room] = sizes.get(each.room, 0) + 1
    return sizes


def picked(people: Sequence[Somebody], rooms: Sequence[int]) -> list[Somebody]:
    """Return the people of as many rooms of these sizes.

    Raises:
        ValueError: there are not as many; the message says what is missing.
    """
    by_room: dict[str, list[Somebody]] = {}
    for each in people:
        by_room.setdefault(each.room, []).append(each)
    by_size: dict[int, list[list[Somebody]]] = {}
    for members in by_room.values():
        by_size.setdefault(len(members), []).append(members)
    found: list[Somebody] = []
    for size in rooms:
        if not by_size.get(size):
            needed = " ".join(f"{count}x{each}" for each, count in Counter(rooms).items())
            raise ValueError(f"not enough people: make them with crowd {needed}")
        found += by_size[size].pop(0)
    return found


def shares(people: Sequence[Somebody], parts: int) -> list[list[Somebody]]:
    """Deal people out to load processes: whole rooms in turn, large ones are spread over all."""
    dealt: list[list[Somebody]] = [[] for _ in range(parts)]
    sizes = room_sizes(people)
    turn: dict[str, int] = {}
    for number, each in enumerate(people):
        if sizes[each.room] * parts > len(people):
            dealt[number % parts].append(each)
        else:
            dealt[turn.setdefault(each.room, len(turn)) % parts].append(each)
    return dealt
