"""How long messages are on their way: to the sockets of this process, then to devices and to eyes.

Every message is measured as far as the sockets, once in each process that has anybody of its room.
What follows is measured of a sample: when the first receipt of somebody else came. The clocks of
PostgreSQL and of this process are compared; what they differ by is measured as well.
"""

from dataclasses import dataclass

from prometheus_client import Histogram

from libs.common import metrics
from libs.common.clock import Clock
from services.chat.domain.ordering import LiveFrame

SAMPLE_EVERY_S = 0.05
"""Pause between two messages of the sample: 20 a second show as much as all would."""
SAMPLES = 256
"""Most messages whose receipts are waited for; the oldest are forgotten first."""
READ_BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""People read when they look: up to a few minutes."""

DELIVERY_SECONDS = metrics.histogram(
    "parley_delivery_seconds",
    "Time from the beginning of a message's transaction until the sockets of this process had it.",
)
RECEIVED_SECONDS = metrics.histogram(
    "parley_message_received_seconds",
    "Time from the sockets to the first receipt of somebody else, of a sample of messages.",
)
READ_SECONDS = metrics.histogram(
    "parley_message_read_seconds",
    "Time from the sockets until somebody else had read it, of a sample of messages.",
    buckets=READ_BUCKETS_S,
)


@dataclass(slots=True)
class _Sampled:
    """A message that somebody may report."""

    seq: int
    sender: str
    written_s: float


class _Sample:
    """Messages whose receipts of one kind are waited for, of each room one.

    Args:
        seconds: where it is told how long they took.
        keep_s: how long a message is waited for before another one of its room takes its place.
    """

    def __init__(self, seconds: Histogram, *, keep_s: float) -> None:
        self._seconds = seconds
        self._keep_s = keep_s
        self._by_room: dict[str, _Sampled] = {}

    def begin(self, room: str, frame: LiveFrame, now_s: float) -> None:
        """Wait for a message, unless one of its room is waited for."""
        before = self._by_room.get(room)
        if before is not None and now_s - before.written_s < self._keep_s:
            return
        self._by_room.pop(room, None)
        if len(self._by_room) >= SAMPLES:
            del self._by_room[next(iter(self._by_room))]
        self._by_room[room] = _Sampled(frame.seq, frame.sender, now_s)

    def claimed(self, room: str, user: str, seq: int, clock: Clock) -> None:
        """Take note that somebody has reported everything up to a seq."""
        sampled = self._by_room.get(room)
        if sampled is not None and seq >= sampled.seq and user != sampled.sender:
            del self._by_room[room]
            self._seconds.observe(clock.monotonic() - sampled.written_s)


class Journey:
    """One per process, in its event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._received = _Sample(RECEIVED_SECONDS, keep_s=metrics.LATENCY_BUCKETS_S[-1])
        self._read = _Sample(READ_SECONDS, keep_s=READ_BUCKETS_S[-1])
        self._next_sample_s = 0.0

    def written(self, room: str, frame: LiveFrame) -> None:
        """Take note that a message was handed to all who sit in its room."""
        if frame.written_at_ms:
            took_s = self._clock.now().timestamp() - frame.written_at_ms / 1000
            DELIVERY_SECONDS.observe(max(0.0, took_s))
        now_s = self._clock.monotonic()
        if now_s >= self._next_sample_s:
            self._next_sample_s = now_s + SAMPLE_EVERY_S
            self._received.begin(room, frame, now_s)
            self._read.begin(room, frame, now_s)

    def claimed(self, room: str, user: str, *, delivered_seq: int, read_seq: int) -> None:
        """Take note of a receipt, believed or not: beyond the head it tells of the sample as well."""
        self._received.claimed(room, user, delivered_seq, self._clock)
        self._read.claimed(room, user, read_seq, self._clock)
