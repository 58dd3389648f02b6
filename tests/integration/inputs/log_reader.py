"""Reads what services log, and finds what looks like a bug."""

from typing import Protocol

SIGNS_OF_BUGS = ("Traceback", "unhandled error", "frame_bug", "Fatal error", "drain_bug")
"""What stands in a log beside whatever nobody has thought of."""


class Logging(Protocol):
    """Something that logs."""

    @property
    def log(self) -> str:
        """All that it has logged so far."""
        ...


class LogReader:
    """Reads on from where it stopped; half a line waits for its end."""

    def __init__(self, suite: Logging) -> None:
        self._suite = suite
        self._read_to = len(suite.log)

    def bugs(self) -> list[str]:
        """Return the lines since it was asked last that look like a bug."""
        log = self._suite.log
        start, self._read_to = self._read_to, max(log.rfind("\n") + 1, self._read_to)
        lines = log[start : self._read_to].splitlines()
        return [line for line in lines if any(sign in line for sign in SIGNS_OF_BUGS)]
