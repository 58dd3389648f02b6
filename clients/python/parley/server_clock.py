"""What the clock of the server shows: its last word, and how long ago that was.

The times of people and messages are the server's, so it is its date that says which of them are of
today; the machine's own may be wrong.
"""

import datetime as dt


class ServerClock:
    """A clock that runs on from what the server said last."""

    def __init__(self) -> None:
        self._told: tuple[dt.datetime, float] | None = None

    def set(self, server_time: dt.datetime | None, now: float) -> None:
        """Take in what the server says at ``now``, in monotonic seconds; None changes nothing."""
        if server_time is not None:
            self._told = (server_time, now)

    def read(self, now: float) -> dt.datetime | None:
        """Return the server's time; None where it never said."""
        if self._told is None:
            return None
        server_time, told_at = self._told
        return server_time + dt.timedelta(seconds=now - told_at)
