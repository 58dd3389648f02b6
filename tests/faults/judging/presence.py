"""Nobody is said to be gone who is there. No I/O. Seen to fail in ``test_presence_rule.py``."""

from collections.abc import Iterator, Mapping

from tests.faults.judging.history import Attendance, History, Seen

SETTLED_S = 2.0
"""How long a session must have been there for everybody to know of it."""


def check(history: History, *, present: Mapping[str, bool], said: Mapping[str, str]) -> list[str]:
    """Return everything false that was said of who is there.

    Args:
        history: what the clients noted.
        present: who has a session in the end.
        said: what the presence service says of them then.
    """
    return [*_false_departures(history), *wrong_in_the_end(present, said)]


def _false_departures(history: History) -> Iterator[str]:
    for note in history.of(Seen):
        if note.status == "offline":
            there = [one for one in history.sessions if _was_there(one, note)]
            if there:
                yield f"said to be gone: {note}, with {there[0]}"


def _was_there(session: Attendance, note: Seen) -> bool:
    lived_s = (session.opened_s + SETTLED_S, session.heard_s)
    return session.user == note.person and lived_s[0] < note.at_s < lived_s[1]


def wrong_in_the_end(present: Mapping[str, bool], said: Mapping[str, str]) -> Iterator[str]:
    """Yield who is there and said to be gone, and the other way round."""
    for person, is_there in present.items():
        if (said.get(person) in ("online", "away")) != is_there:
            yield f"{person} is {'there' if is_there else 'gone'}, and said to be {said.get(person)}"
