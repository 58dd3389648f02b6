"""The history of one test, with the times that are told but never judged."""

import time
from collections.abc import Mapping
from typing import Any

from tests.faults.judging.history import Acked, History, Invoked, Received


class Notes:
    """What all clients of a test write down."""

    def __init__(self) -> None:
        self.history = History()
        self._invoked_at_s: dict[str, float] = {}
        self._acked_at_s: dict[str, float] = {}
        self._fresh_acks_s: list[float] = []
        self._received_at_s: dict[tuple[str, str], float] = {}

    @property
    def acks(self) -> int:
        """How many messages were acknowledged so far."""
        return len(self._acked_at_s)

    @property
    def invocations(self) -> int:
        """How many messages were begun so far."""
        return len(self._invoked_at_s)

    def invoked(
        self, room: str, sender: str, client_id: str, content: str, *, line: str = ""
    ) -> None:
        """Note that a message is on its way from now on."""
        self._invoked_at_s[client_id] = time.monotonic()
        self.history.add(Invoked(room, sender, client_id, content, line))

    def acked(self, client_id: str, seq: int) -> None:
        """Note an acknowledgement."""
        now_s = time.monotonic()
        if client_id not in self._acked_at_s:
            self._acked_at_s[client_id] = now_s
            self._fresh_acks_s.append(now_s - self._invoked_at_s[client_id])
        self.history.add(Acked(client_id, seq))

    def fresh_ack_times_s(self) -> list[float]:
        """Return how long each message took that was acknowledged since the last call."""
        fresh, self._fresh_acks_s = self._fresh_acks_s, []
        return fresh

    def received(self, session: str, frame: Mapping[str, Any]) -> None:
        """Note a ``message`` frame."""
        members = [frame[name] for name in ("room", "seq", "sender", "client_id", "content")]
        note = Received(session, *members)
        self.history.add(note)
        self._received_at_s.setdefault((session, note.client_id), time.monotonic())

    def last_acked(self, room: str) -> int:
        """Return the highest seq that was acknowledged in a room."""
        rooms = {note.client_id: note.room for note in self.history.of(Invoked)}
        acked = self.history.of(Acked)
        return max((note.seq for note in acked if rooms[note.client_id] == room), default=0)

    def slowest_ack_s(self) -> float:
        """Return the longest time from the first try to the acknowledgement."""
        waits = (at_s - self._invoked_at_s[one] for one, at_s in self._acked_at_s.items())
        return max(waits, default=0.0)

    def slowest_delivery_s(self, session: str, *, since_s: float) -> float:
        """Return the longest time from acknowledgement to arrival at a session.

        Args:
            session: which.
            since_s: only what was acknowledged since then, in monotonic seconds, and arrived.
        """
        waits = (
            self._received_at_s[session, client_id] - acked_at_s
            for client_id, acked_at_s in self._acked_at_s.items()
            if acked_at_s >= since_s and (session, client_id) in self._received_at_s
        )
        return max(waits, default=0.0)
