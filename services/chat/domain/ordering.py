"""The order of one room's live frames, restored from news that come twice, late or not at all.

``next`` is the seq that goes out next. What is below it was delivered, what is above it is held
until the hole is closed. No clock and no I/O: whoever owns a sequencer decides how long to wait.
"""

import msgspec

HELD_FRAMES = 256
"""Most frames held above a hole; the farthest are dropped first, and read again later."""


class LiveFrame(msgspec.Struct, frozen=True):
    """A message on its way to the sockets of this process.

    Attributes:
        room_version: version of the members by which it must at least be judged who gets it.
        session: the session that sent it and therefore does not get it; None where unknown.
        sender: the user who wrote it.
        text: the frame, encoded once for everybody.
        written_at_ms: when its transaction began, in Unix milliseconds of PostgreSQL's clock; 0
            where that is not known.
    """

    seq: int
    room_version: int
    session: str | None
    sender: str
    text: str
    written_at_ms: int = 0


class Sequencer:
    """Lets frames out in order of seq, each once."""

    def __init__(self) -> None:
        self.next: int | None = None
        self.began_at: int | None = None
        self._held: dict[int, LiveFrame] = {}

    def start(self, next_seq: int) -> None:
        """Begin at ``next_seq``; what is held below it is not needed. The first start counts."""
        if self.next is None:
            self.next = self.began_at = next_seq
            self._held = {seq: frame for seq, frame in self._held.items() if seq >= next_seq}

    def offer(self, frame: LiveFrame) -> int | None:
        """Take a frame in; one that was delivered or is held already changes nothing.

        Returns:
            The seq of a frame that had to be dropped, to be read again later; usually None.
        """
        if self.next is not None and frame.seq < self.next:
            return None
        self._held.setdefault(frame.seq, frame)
        if len(self._held) <= HELD_FRAMES:
            return None
        farthest = max(self._held)
        del self._held[farthest]
        return farthest

    def peek(self) -> LiveFrame | None:
        """Return the frame that goes out next, if it is there."""
        return None if self.next is None else self._held.get(self.next)

    def take(self) -> LiveFrame | None:
        """Let the next frame out, if it is there."""
        frame = self.peek()
        if frame is not None:
            self._held.pop(frame.seq)
            self.next = frame.seq + 1
        return frame

    def hole(self) -> tuple[int, int] | None:
        """Return the first and the last seq missing below the lowest frame held, if any."""
        if self.next is None or not self._held or self.next in self._held:
            return None
        return self.next, min(self._held) - 1
