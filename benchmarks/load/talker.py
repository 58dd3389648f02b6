"""Somebody who writes into a room, and does with what comes what a good client does.

That is to report it: ``delivered`` at once, ``read_receipt`` a while later, each at most once in
200 ms and room (docs/protocol.md). A message carries the time at which it was due, so that whoever
gets it knows how late it is, in whatever process.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from time import monotonic_ns

from benchmarks.load.dialects import Heard, Mark, Room
from benchmarks.load.line import Line
from benchmarks.load.tally import Tally
from benchmarks.load.words import client_ids

RECEIPT_EVERY_S = 0.2
"""Shortest time between two receipts for a room. Source: docs/protocol.md."""
WORDS = "How are you today? "
HEX_DIGITS = 16
NEVER_NS = 2**63
UNDRAINED_S = 2.0
"""Without ``drained``, ``sync`` is sent after that. Source: docs/protocol.md."""

_ids = client_ids()


class Talker:
    """One person, one line, one room.

    Attributes:
        others: how many others are in the room.
        read_after_s: from a message's arrival to its ``read_receipt``; None for never.
        chars: length of what they write.
        back_since_ns: when they came back; what was due before is late because they were away.
    """

    def __init__(
        self,
        line: Line,
        tally: Tally,
        *,
        others: int,
        read_after_s: float | None = None,
        chars: int = 40,
    ) -> None:
        self.line = line
        self.others = others
        self.read_after_s = read_after_s
        self._tally = tally
        self._words = (WORDS * (chars // len(WORDS) + 1))[: max(1, chars - HEX_DIGITS - 1)]
        self._loop = asyncio.get_running_loop()
        self._due_ns: dict[str, int] = {}
        self._undelivered: deque[tuple[int, int]] = deque()
        self._unread: deque[tuple[int, int]] = deque()
        self._marks = (0, 0)
        self._seq = 0
        self._held: set[int] = set()
        self._quiet_until_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._read_timer: asyncio.TimerHandle | None = None
        self._late_kind = "delivered"
        self.back_since_ns = 0
        self._base = line.head
        self._take_line(line)

    def go_away(self) -> None:
        """Be away: whatever comes until ``come_back`` comes late because of that."""
        self.back_since_ns = NEVER_NS

    def come_back(self, line: Line, since_ns: int) -> None:
        """Go on with another line; what was missed is sent, or asked for."""
        self.back_since_ns = since_ns
        self._take_line(line)
        self._loop.call_later(UNDRAINED_S, self._sync, line)

    def _take_line(self, line: Line) -> None:
        self.line = line
        line.on_heard = self.hear
        line.on_lost = self._lost

    def say(self, due_ns: int) -> None:
        """Write a message that was due at that time."""
        client_id = next(_ids)
        self._due_ns[client_id] = due_ns
        self._tally.counts["sent"] += 1
        self._tally.late("send", due_ns, monotonic_ns())
        self._send(client_id, due_ns)

    def say_again(self) -> None:
        """Send what has no answer once more, in order and under the same client_ids."""
        for client_id, due_ns in self._due_ns.items():
            self._send(client_id, due_ns)

    def compare(self, room: Room) -> None:
        """Take in how far the others are, as ``welcome`` tells it, and report what is not in there."""
        self._take_marks(room.lowest)
        if self._seq > room.delivered_seq:
            self._report()
        if self.read_after_s is not None and self._seq and self._read_timer is None:
            self._read_timer = self._loop.call_later(self.read_after_s, self._read)

    def _send(self, client_id: str, due_ns: int) -> None:
        self.line.send(
            self.line.dialect.frame(
                "message",
                room=self.line.person.room,
                client_id=client_id,
                content=f"{due_ns:0{HEX_DIGITS}x} {self._words}",
            )
        )

    def hear(self, heard: Heard) -> None:
        """Take a frame."""
        if heard.type == "message":
            self._take_message(heard)
        elif heard.type == "ack":
            self._take_ack(heard)
        elif heard.type == "status":
            self._take_status(heard)
        elif heard.type == "drained" and self.back_since_ns:
            self._sync(self.line)
        elif heard.type == "error":
            self._tally.counts[f"error {heard.code}"] += 1

    @property
    def waiting(self) -> int:
        """How many messages of theirs have no ``ack``."""
        return len(self._due_ns)

    def _take_message(self, heard: Heard) -> None:
        counts = self._tally.counts
        if heard.sender == self.line.person.user or heard.seq <= self._base:
            return  # replayed: after a failure one may get one's own, or an earlier load's
        # A replay may offer again what came live, and come after it. Source: docs/protocol.md.
        if heard.seq in self._held:
            counts["offered twice to who was away" if self.back_since_ns else "again"] += 1
            return
        self._held.add(heard.seq)
        counts["received"] += 1
        due_ns = int(heard.content[:HEX_DIGITS], 16)
        was_away = due_ns < self.back_since_ns
        self._tally.late("caught up" if was_away else "received", due_ns, monotonic_ns())
        if heard.seq < self._seq:
            if not self.back_since_ns:
                counts["behind a later one"] += 1
            return
        self._seq = heard.seq
        self._report()
        if self.read_after_s is not None and self._read_timer is None:
            self._read_timer = self._loop.call_later(self.read_after_s, self._read)

    def _take_ack(self, heard: Heard) -> None:
        due_ns = self._due_ns.pop(heard.client_id, None)
        if due_ns is None:
            return
        now_ns = monotonic_ns()
        self._tally.counts["acked"] += 1
        self._tally.counts["to be received"] += self.others
        self._tally.late("ack", due_ns, now_ns)
        self._held.add(heard.seq)
        self._undelivered.append((heard.seq, due_ns))
        if self.read_after_s is not None:
            self._unread.append((heard.seq, due_ns))
        self._settle(now_ns)

    def _take_status(self, heard: Heard) -> None:
        self._take_marks(heard.lowest)

    def _take_marks(self, lowest: Iterable[Mark]) -> None:
        others = [each for each in lowest if each.user != self.line.person.user]
        if others:
            self._marks = (
                max(self._marks[0], min(each.delivered_seq for each in others)),
                max(self._marks[1], min(each.read_seq for each in others)),
            )
            self._settle(monotonic_ns())

    def _settle(self, now_ns: int) -> None:
        for stage, mark, open_ones in (
            ("delivered", self._marks[0], self._undelivered),
            ("read", self._marks[1], self._unread),
        ):
            while open_ones and open_ones[0][0] <= mark:
                self._tally.counts[stage] += 1
                self._tally.late(stage, open_ones.popleft()[1], now_ns)

    def _sync(self, line: Line) -> None:
        """Ask for what is missing still below the head that ``welcome`` told."""
        cursor = self._base
        while cursor + 1 in self._held:
            cursor += 1
        if line is self.line and cursor < line.head:
            self._tally.counts["asked to sync"] += 1
            line.send(line.dialect.frame("sync", cursors={line.person.room: cursor}))

    def _read(self) -> None:
        self._read_timer = None
        self._report("read_receipt")

    def _report(self, kind: str = "delivered") -> None:
        """Tell how far this device is, now or as soon as it is allowed."""
        now_s = self._loop.time()
        if now_s < self._quiet_until_s:
            if self._timer is None:
                self._timer = self._loop.call_at(self._quiet_until_s, self._report_late)
            if kind == "read_receipt":
                self._late_kind = kind
            return
        self._quiet_until_s = now_s + RECEIPT_EVERY_S
        line = self.line
        line.send(line.dialect.frame(kind, room=line.person.room, seq=self._seq))
        self._tally.counts["receipts"] += 1

    def _report_late(self) -> None:
        self._timer = None
        kind, self._late_kind = self._late_kind, "delivered"
        self._report(kind)

    def _lost(self, close_code: int) -> None:
        self._tally.counts[f"closed {close_code}"] += 1
