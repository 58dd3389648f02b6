"""Holds what clients sent and received against what PostgreSQL holds in the end. No I/O.

``check`` returns the broken promises as sentences; an empty list is the good news. Each rule can be
seen to fail in ``test_messages.py``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from tests.faults.judging.history import (
    Acked,
    Admitting,
    Excluded,
    Fetched,
    GaveUp,
    History,
    Invoked,
    Opened,
    Paged,
    Received,
    Refused,
    StoredMessage,
    Unknown,
)


def check(history: History, stored: Sequence[StoredMessage], heads: Mapping[str, int]) -> list[str]:
    """Return every promise that was broken.

    Args:
        history: what the clients noted.
        stored: all messages of all rooms of the history.
        heads: ``last_seq`` of each of these rooms.
    """
    rules = (
        _lost_or_changed(history, stored),
        _queued_and_lost(history, stored),
        _stored_twice(stored),
        _gaps(stored, heads),
        _phantoms(history, stored),
        _order_of_real_time(history, stored),
        _order_of_lines(history, stored),
        _pages(history),
        _order_of_clocks(stored),
        _wrong_frames(history, stored),
        _disorder_on_the_wire(history),
    )
    return [broken for rule in rules for broken in rule]


def _lost_or_changed(history: History, stored: Sequence[StoredMessage]) -> Iterator[str]:
    rows = {row.client_id: row for row in stored}
    invoked = {note.client_id: note for note in history.of(Invoked)}
    for note in history.of(Acked):
        row = rows.get(note.client_id)
        if row is None:
            yield f"acknowledged and lost: {invoked[note.client_id]}, seq {note.seq}"
        elif row.seq != note.seq:
            yield f"acknowledged as {note.seq}, stored as {row.seq}: {note.client_id}"


def _queued_and_lost(history: History, stored: Sequence[StoredMessage]) -> Iterator[str]:
    rows = {row.client_id for row in stored}
    for note in history.of(GaveUp):
        if note.is_queued and note.client_id not in rows:
            yield f"taken by the queue and lost: {note.client_id}"


def _stored_twice(stored: Sequence[StoredMessage]) -> Iterator[str]:
    counts = Counter((row.room, row.sender, row.client_id) for row in stored)
    for key, count in counts.items():
        if count > 1:
            yield f"stored {count} times: {key}"


def _gaps(stored: Sequence[StoredMessage], heads: Mapping[str, int]) -> Iterator[str]:
    seqs = defaultdict(list)
    for row in stored:
        seqs[row.room].append(row.seq)
    for room, head in heads.items():
        if sorted(seqs[room]) != list(range(1, head + 1)):
            missing = sorted(set(range(1, head + 1)) - set(seqs[room]))
            yield f"room {room} has head {head}, {len(seqs[room])} rows, and lacks {missing[:9]}"


def _written(sent: Invoked) -> tuple[str, str, str]:
    return sent.room, sent.sender, sent.content


def _phantoms(history: History, stored: Sequence[StoredMessage]) -> Iterator[str]:
    invoked = {note.client_id: note for note in history.of(Invoked)}
    refused = {note.client_id for note in history.of(Refused)}
    for row in stored:
        sent = invoked.get(row.client_id)
        if sent is None or (row.room, row.sender, row.content) != _written(sent):
            yield f"stored, but nobody sent it so: {row}"
        if row.client_id in refused:
            yield f"refused for certain, and stored: {row}"


def _order_of_real_time(history: History, stored: Sequence[StoredMessage]) -> Iterator[str]:
    """Who begins after an acknowledgement comes behind it, whoever sent either."""
    seqs = {row.client_id: row.seq for row in stored}
    rooms: dict[str, str] = {}
    highest: dict[str, int] = defaultdict(int)
    for note in history.notes:
        if isinstance(note, Invoked):
            rooms[note.client_id] = note.room
            seq = seqs.get(note.client_id)
            if seq is not None and seq <= highest[note.room]:
                yield f"{note.client_id} has seq {seq}, below the earlier {highest[note.room]}"
        elif isinstance(note, Acked):
            room = rooms[note.client_id]
            highest[room] = max(highest[room], note.seq)


def _order_of_lines(history: History, stored: Sequence[StoredMessage]) -> Iterator[str]:
    """What one connection sent in a row is in that row, as far as it was taken."""
    seqs = {row.client_id: row.seq for row in stored}
    last: dict[tuple[str, str], int] = {}
    for note in history.of(Invoked):
        if note.line and note.client_id in seqs:
            line, seq = (note.line, note.room), seqs[note.client_id]
            if seq < last.get(line, 0):
                yield f"{note.client_id} has seq {seq}, and was sent behind {last[line]}"
            last[line] = seq


def _pages(history: History) -> Iterator[str]:
    """Who reads up to a seq has all below it, and all that was acknowledged before they asked."""
    rooms = {note.client_id: note.room for note in history.of(Invoked)}
    acked: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, note in enumerate(history.notes):
        if isinstance(note, Acked):
            acked[rooms[note.client_id]].append((number, note.seq))
    for page in history.of(Paged):
        end = page.after + len(page.seqs)
        if page.seqs != tuple(range(page.after + 1, end + 1)):
            yield f"a page of {page.room} behind {page.after} holds {page.seqs[:20]}: a late insert"
        if late := [seq for number, seq in acked[page.room] if number < page.asked and seq > end]:
            yield f"a page of {page.room} ends at {end}, and {late[0]} had been acknowledged"


def _order_of_clocks(stored: Sequence[StoredMessage]) -> Iterator[str]:
    ordered = sorted(stored, key=lambda row: (row.room, row.seq))
    for before, after in pairwise(ordered):
        if before.room == after.room and before.created_at > after.created_at:
            yield f"created_at goes back between {before.seq} and {after.seq} of {before.room}"


def _wrong_frames(history: History, stored: Sequence[StoredMessage]) -> Iterator[str]:
    rows = {(row.room, row.seq): row for row in stored}
    for note in history.of(Received):
        row = rows.get((note.room, note.seq))
        got = (note.sender, note.client_id, note.content)
        if row is None or got != (row.sender, row.client_id, row.content):
            yield f"received {note}, stored {row}"


def _disorder_on_the_wire(history: History) -> Iterator[str]:
    """A raw session gets head + 1, head + 2 …; a chat, which has no ``Opened``, all from 1.

    Who is made a member again begins at the head of that moment. They are told of it, unless they
    were out for so short a time that they were not told of that.
    """
    heads: dict[tuple[str, str], int] = {}
    users: dict[str, str] = {}
    out: set[tuple[str, str]] = set()
    again: set[tuple[str, str]] = set()
    for note in history.notes:
        if isinstance(note, Opened):
            heads |= {(note.session, room): head for room, head in note.heads.items()}
            users[note.session] = note.user
            again -= {(note.user, room) for room in note.heads}
        elif isinstance(note, Excluded):
            out.add((note.user, note.room))
        elif isinstance(note, Admitting) and (note.user, note.room) in out:
            out.remove((note.user, note.room))
            again.add((note.user, note.room))
        elif isinstance(note, Received):
            place, user = (note.session, note.room), users.get(note.session, note.session)
            expected = heads.get(place, 0) + 1
            if note.seq > expected and (user, note.room) in again:
                again.remove((user, note.room))
            elif note.seq != expected:
                yield f"session {note.session} of {user} got {note.seq} of {note.room}, not {expected}"
            heads[place] = note.seq


def missed(history: History, user: str, heads: Mapping[str, int]) -> list[str]:
    """Return what somebody never got, in all their sessions together.

    Args:
        history: what the clients noted.
        user: who; their sessions are named for them.
        heads: how many messages there are, of the rooms that are judged.
    """
    received = (one for one in history.of(Received) if one.session.startswith(f"{user} "))
    got = {(one.room, one.seq) for one in received}
    got |= {(one.room, one.seq) for one in history.of(Fetched) if one.user == user}
    return [
        f"{user} never got {seq} of {room}"
        for room, head in heads.items()
        for seq in range(1, head + 1)
        if (room, seq) not in got
    ]


def outcomes(history: History) -> Mapping[str, int]:
    """Count the notes by kind, for a line that says how much a test has seen."""
    kinds: Iterable[type] = (Invoked, Acked, Unknown, GaveUp, Refused, Opened, Received)
    counts = Counter(type(note) for note in history.notes)
    return {kind.__name__.lower(): counts[kind] for kind in kinds}
