"""One readable log out of many processes: time, who, line.

Writing never raises: the terminal may be gone (SIGHUP) while the suite still has to stop cleanly.
"""

import re
import sys
import threading
import time
from typing import TextIO

OWN_NAME = "parley"
NAME_CHARS = 9
COLOURS = (36, 33, 35, 32, 34, 31)
"""ANSI colours, given to the names in the order in which they appear."""
OWN_COLOUR = 1
TIME_OF_THE_LINE = re.compile(r"^\d{4}-\d{2}-\d{2}T\S+Z\s+")
"""What a service puts before its lines; the same moment stands there already."""


class Log:
    """Writes lines of all processes; may be used by several threads at once."""

    def __init__(self, stream: TextIO = sys.stdout, *, coloured: bool = False) -> None:
        self._stream = stream
        self._coloured = coloured
        self._colours: dict[str, int] = {OWN_NAME: OWN_COLOUR}
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """Write one line of one process."""
        moment = time.strftime("%H:%M:%S")
        with self._lock:
            self._write(f"{moment} {self._label(name)} │ {TIME_OF_THE_LINE.sub('', text)}\n")

    def note(self, text: str) -> None:
        """Write one line of the suite itself."""
        self.line(OWN_NAME, text)

    def announce(self, text: str) -> None:
        """Write a line that stands out: without time and name, between empty lines."""
        with self._lock:
            self._write(f"\n\033[1m{text}\033[0m\n\n" if self._coloured else f"\n{text}\n\n")

    def _label(self, name: str) -> str:
        label = name.ljust(NAME_CHARS)
        if not self._coloured:
            return label
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\033[{colour}m{label}\033[0m"

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            return
