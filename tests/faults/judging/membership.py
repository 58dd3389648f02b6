"""Nobody gets what was written while they were no member, or writes then. No I/O.

Rooms of which an admission was noted are judged, and there every member's must be. Sure cases only:
what was sent after an exclusion was confirmed, or acknowledged before an admission was asked for.
Between the two nobody outside knows. Seen to fail in ``test_membership.py``.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.faults.judging.history import (
    Acked,
    Admitting,
    Excluded,
    Fetched,
    History,
    Invoked,
    Opened,
    Received,
    StoredMessage,
)


def check(history: History, stored: Sequence[StoredMessage]) -> list[str]:
    """Return every message that somebody got, or wrote, who was surely no member."""
    past = _Past(history)
    return [*_leaks(history, past), *_strangers(history, past, stored)]


class _Past:
    """When things happened: the numbers of the notes."""

    def __init__(self, history: History) -> None:
        self.end = len(history.notes)
        self.invoked: dict[str, int] = {}
        self.acked: dict[str, int] = {}
        self.rooms: set[str] = set()
        self._changes: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
        for number, note in enumerate(history.notes):
            if isinstance(note, Invoked):
                self.invoked[note.client_id] = number
            elif isinstance(note, Acked):
                self.acked.setdefault(note.client_id, number)
            elif isinstance(note, Admitting | Excluded):
                self.rooms.add(note.room)
                change = (number, isinstance(note, Admitting))
                self._changes[note.room, note.user].append(change)

    def out_until(self, room: str, user: str, *, since: int) -> float | None:
        """Return until when somebody was surely out; None where they may have been in at ``since``."""
        changes = self._changes[room, user]
        before = [is_in for number, is_in in changes if number < since]
        if before and before[-1]:
            return None
        return next((number for number, is_in in changes if number > since and is_in), float("inf"))


def _leaks(history: History, past: _Past) -> Iterator[str]:
    users: dict[str, str] = {}
    for number, note in enumerate(history.notes):
        if isinstance(note, Opened) and note.user:
            users[note.session] = note.user
        elif isinstance(note, Received | Fetched) and note.room in past.rooms:
            user = _who(note, users)
            sent = past.invoked.get(note.client_id, number)
            until = past.out_until(note.room, user, since=sent)
            if until is not None and past.acked.get(note.client_id, number) < until:
                yield f"{user} was no member and got {note}"


def _who(note: Received | Fetched, users: Mapping[str, str]) -> str:
    return note.user if isinstance(note, Fetched) else users.get(note.session, note.session)


def _strangers(history: History, past: _Past, stored: Sequence[StoredMessage]) -> Iterator[str]:
    rows = {row.client_id: row for row in stored if row.room in past.rooms}
    for number, note in enumerate(history.notes):
        if isinstance(note, Invoked) and note.client_id in rows:
            until = past.out_until(note.room, note.sender, since=number)
            # Without an answer it may have been written later, up to the end.
            if until is not None and past.acked.get(note.client_id, past.end) < until:
                yield f"{note.sender} was no member and wrote {rows[note.client_id]}"
