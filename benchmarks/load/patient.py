"""Somebody who writes as a good client does when the server cannot take all of it.

What is refused with ``retry_after`` waits for so long, and all that they have to say waits behind it.
Then one message goes first, and as many more as were acknowledged. What has no answer after
``ANSWER_WITHIN_S`` is sent again under the same client_id.
"""

import asyncio
from collections import deque
from time import monotonic_ns

from benchmarks.load.dialects import Heard
from benchmarks.load.line import Line
from benchmarks.load.tally import Tally
from benchmarks.load.words import client_ids

ANSWER_WITHIN_S = 5.0
"""How long a client waits for an ``ack``. Source: the deadlines in docs/limits.md."""
WINDOW = 64
"""Messages that may be without an answer."""
CONTENT = "How are you today?"

_ids = client_ids()


class Patient:
    """One person, one line, one room.

    Attributes:
        step: names the part of the load that is counted now; empty while nothing is.
    """

    def __init__(self, line: Line, tally: Tally) -> None:
        self.step = ""
        self._line = line
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._outbox: deque[tuple[str, int]] = deque()
        self._flying: dict[str, tuple[int, float]] = {}
        self._hold_until_s = 0.0
        self._window = WINDOW
        self._timer: asyncio.TimerHandle | None = None
        line.on_heard = self.hear
        line.on_lost = self._lost

    def say(self, due_ns: int) -> None:
        """Have something to write that was due at that time."""
        self._outbox.append((next(_ids), due_ns))
        self._pump()

    @property
    def waiting(self) -> int:
        """Messages that were sent, and have no answer."""
        return len(self._flying)

    def give_up_unsent(self) -> None:
        """Forget what was not sent."""
        self._outbox.clear()

    def start_afresh(self) -> None:
        """Forget everything, the patience included."""
        self._outbox.clear()
        self._flying.clear()
        self._hold_until_s = 0.0
        self._window = WINDOW

    def look(self) -> None:
        """Send again what has waited for too long for an answer; to be called now and then."""
        late_s = self._loop.time() - ANSWER_WITHIN_S
        late = [key for key, (_, sent_s) in self._flying.items() if sent_s < late_s]
        for client_id in reversed(late):
            due_ns, _ = self._flying.pop(client_id)
            self._outbox.appendleft((client_id, due_ns))
            self._note("sent again")
        self._pump()

    def hear(self, heard: Heard) -> None:
        """Take a frame."""
        if heard.type == "ack":
            self._take_ack(heard.client_id)
        elif heard.type == "error":
            self._take_refusal(heard)

    def _take_ack(self, client_id: str) -> None:
        due_ns, _ = self._flying.pop(client_id, (0, 0.0))
        self._window = min(WINDOW, self._window + 1)
        if due_ns and self.step:
            self._note("acked")
            self._tally.took(f"ack, {self.step}", monotonic_ns() - due_ns)
        self._pump()

    def _take_refusal(self, heard: Heard) -> None:
        self._note(heard.code)
        if heard.client_id in self._flying:
            due_ns, _ = self._flying.pop(heard.client_id)
            self._outbox.appendleft((heard.client_id, due_ns))
        self._window = 1
        until_s = self._loop.time() + heard.retry_after
        self._hold_until_s = max(self._hold_until_s, until_s)
        self._pump()

    def _pump(self) -> None:
        now_s = self._loop.time()
        if self._hold_until_s > now_s:
            if self._timer is None:
                self._timer = self._loop.call_at(self._hold_until_s, self._wake)
            return
        line = self._line
        while self._outbox and len(self._flying) < self._window and line.is_open:
            client_id, due_ns = self._outbox.popleft()
            self._flying[client_id] = (due_ns, now_s)
            room = line.person.room
            members = {"room": room, "client_id": client_id, "content": CONTENT}
            line.send(line.dialect.frame("message", **members))

    def _wake(self) -> None:
        self._timer = None
        self._pump()

    def _note(self, what: str) -> None:
        if self.step:
            self._tally.counts[f"{what}, {self.step}"] += 1

    def _lost(self, close_code: int) -> None:
        self._tally.counts[f"closed {close_code}"] += 1
