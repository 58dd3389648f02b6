"""A line that keeps what is sent, and on which a test lets frames arrive."""

import msgspec

from benchmarks.load.dialects import Heard, Parley
from benchmarks.load.people import Somebody

SOMEBODY = Somebody(user="me", room="r", token="t")


class FakeLine:
    """Open from the beginning; ``head`` is what ``welcome`` told."""

    def __init__(self, head=0):
        self.person = SOMEBODY
        self.dialect = Parley(SOMEBODY)
        self.head = head
        self.is_open = True
        self.sent = []

    def send(self, frame):
        self.sent.append(msgspec.json.decode(frame))

    def of(self, kind):
        """Return what was sent of a type."""
        return [frame for frame in self.sent if frame["type"] == kind]


def fake_line(head=0):
    """Return one, whatever a ``Line`` is expected for."""
    return FakeLine(head)


def message(seq, *, due_ns=0, sender="other", room="r"):
    content = f"{due_ns:016x} hello"
    return Heard(type="message", room=room, seq=seq, sender=sender, content=content)
