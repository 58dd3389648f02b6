"""Sessions that may be sent away, and note when they were."""

from libs.common.clock import ManualClock


class Guest:
    """A session and its listener in one."""

    def __init__(self, clock, kind="chat"):
        self.clock, self.kind = clock, kind
        self.is_expected_back = False
        self.leave_at_s: float | None = None
        self.closed = False
        self.left_at_s = -1.0
        self.after_ms = -1

    @property
    def listener(self):
        return self

    def send_away(self, after_ms):
        self.closed = True
        self.left_at_s, self.after_ms = self.clock.monotonic(), after_ms


class House:
    """Whoever is here, on a clock that a drain moves by sleeping."""

    def __init__(self, guests=0):
        self.clock = ManualClock()
        self.guests = [Guest(self.clock) for _ in range(guests)]

    def add(self, kind="chat"):
        self.guests.append(Guest(self.clock, kind))
        return self.guests[-1]

    async def sleep(self, seconds):
        self.clock.advance(seconds)
