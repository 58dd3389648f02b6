"""Holds what was said of who has what against what their devices claimed. No I/O.

Rooms must have the same members all the time: who joins begins at the head, which only the
database knows. Each rule can be seen to fail in ``test_receipts.py``.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.faults.judging.history import Claimed, History, Kept, StoredMessage, Told

Place = tuple[str, str]
"""A room and a member."""
Marks = Mapping[Place, tuple[int, int]]
"""(delivered, read) of members."""


def check(
    history: History,
    stored: Sequence[StoredMessage],
    kept: Mapping[str, Marks],
) -> list[str]:
    """Return every promise about receipts that was broken.

    Args:
        history: what the clients noted.
        stored: all messages of the rooms that are judged.
        kept: (delivered, read) of every member of these rooms in the end, by service.
    """
    rules = (
        _beyond_what_was_received(history, stored),
        _regressions(history),
        *(_lost_or_invented(service, history, stored, marks) for service, marks in kept.items()),
    )
    return [broken for rule in rules for broken in rule]


def beyond_the_head(marks: Mapping[str, Marks], heads: Mapping[str, int]) -> list[str]:
    """Return everybody who is said to have more of a room than there is.

    Args:
        marks: (delivered, read) of members of any rooms, by service.
        heads: ``last_seq`` of these rooms, read after the marks.
    """
    return [
        f"{service} has {found} of {place}, beyond the head {heads[place[0]]}"
        for service, places in marks.items()
        for place, found in places.items()
        if max(found) > heads[place[0]]
    ]


class _Bounds:
    """The most that may be said of each member, at a moment of the history."""

    def __init__(self, stored: Sequence[StoredMessage]) -> None:
        self._senders = {(row.room, row.seq): row.sender for row in stored}
        self._delivered: dict[Place, int] = defaultdict(int)
        self._read: dict[Place, int] = defaultdict(int)

    def claim(self, note: Claimed) -> None:
        """Take in what a device said."""
        place = (note.room, note.user)
        self._delivered[place] = max(self._delivered[place], note.seq)
        if note.is_read:
            self._read[place] = max(self._read[place], note.seq)

    def of(self, place: Place) -> tuple[int, int]:
        """Return how far a member may be: as they said, and through what they wrote behind it."""
        return (
            self._with_own(place, max(self._delivered[place], self._with_own(place, 0))),
            self._with_own(place, self._read[place]),
        )

    def _with_own(self, place: Place, seq: int) -> int:
        room, member = place
        while self._senders.get((room, seq + 1)) == member:
            seq += 1
        return seq


def _beyond_what_was_received(history: History, stored: Sequence[StoredMessage]) -> Iterator[str]:
    """Nobody is said to have what no device of theirs has claimed."""
    rooms = {row.room for row in stored}
    bounds = _Bounds(stored)
    for note in history.notes:
        if isinstance(note, Claimed):
            bounds.claim(note)
        elif isinstance(note, Told | Kept) and note.room in rooms:
            delivered, read = bounds.of((note.room, note.member))
            if note.delivered_seq > delivered or note.read_seq > read:
                yield f"said without a reception: {note}; claimed were {delivered}, {read}"
            if note.read_seq > note.delivered_seq:
                yield f"read and not delivered: {note}"


def _regressions(history: History) -> Iterator[str]:
    """What was kept never goes back, nor does what a session is told of a member."""
    last: dict[tuple[str, str, str], tuple[int, int]] = {}
    for note in history.notes:
        if isinstance(note, Told | Kept):
            session = note.session if isinstance(note, Told) else ""
            key = (session, note.room, note.member)
            before = last.get(key, (0, 0))
            if note.delivered_seq < before[0] or note.read_seq < before[1]:
                yield f"went back from {before}: {note}"
            last[key] = (max(before[0], note.delivered_seq), max(before[1], note.read_seq))


def _lost_or_invented(
    service: str,
    history: History,
    stored: Sequence[StoredMessage],
    kept: Marks,
) -> Iterator[str]:
    """In the end everybody is exactly where their devices said."""
    bounds = _Bounds(stored)
    for note in history.of(Claimed):
        bounds.claim(note)
    for place, marks in kept.items():
        if marks != bounds.of(place):
            yield f"{service} has {marks} of {place}, claimed were {bounds.of(place)}"
