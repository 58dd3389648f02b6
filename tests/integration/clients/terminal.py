"""A small terminal for tests: a program in a pty, and what its screen shows.

It knows what the prompt of this suite's program writes: text, colours, moves of the cursor, and
clearing. A colour is the numbers of its sequence, as they came. Lines that scroll out at the top are kept, so that a test can look for all of them.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from dev.settings import ROOT, environment

WITHIN_S = 60.0
"""A whole ladder of reconnections on a slow machine."""
LOOK_S = 0.05
PROGRAM = (sys.executable, "-m", "clients.python.terminal")
_SEQUENCE = re.compile(r"\x1b\[([?>0-9;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[=>78]|\x1b\([A-Z0-9]")
_ESCAPE_CHARS = 64


class Screen:
    """What a terminal of this size shows after some output."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.columns, self.rows = columns, rows
        self.gone: list[str] = []
        self.grid = [[" "] * columns for _ in range(rows)]
        self.colors = [[""] * columns for _ in range(rows)]
        self.color = ""
        self.x = self.y = 0
        self.asked_where = 0
        self._rest = ""

    def feed(self, text: str) -> None:
        """Take output in; an escape sequence may be cut in two."""
        text, self._rest = self._rest + text, ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = _SEQUENCE.match(text, at)
                if match is None:
                    if len(text) - at < _ESCAPE_CHARS:
                        self._rest = text[at:]
                        return
                    raise AssertionError(f"unknown sequence {text[at : at + 20]!r}")
                if match[2] == "m":
                    self.color = match[1]
                elif match[2]:
                    self._control(match[1], match[2])
                at = match.end()
            else:
                self._write(text[at])
                at += 1

    @property
    def lines(self) -> list[str]:
        """What is on the screen now, from the top."""
        return ["".join(row).rstrip() for row in self.grid]

    def color_of(self, text: str) -> str:
        """Return the colour in which the first of these texts is shown now."""
        for row, line in enumerate(self.lines):
            if text in line:
                return self.colors[row][line.index(text)]
        raise AssertionError(f"no {text} on the screen:\n{self.text}")

    @property
    def text(self) -> str:
        """Everything that was ever on it and was not cleared, from the top."""
        return "\n".join([*self.gone, *self.lines])

    def _control(self, given: str, kind: str) -> None:
        numbers = [int(number) if number.isdigit() else 0 for number in given.split(";")]
        count = numbers[0] or 1
        if kind == "A":
            self.y = max(self.y - count, 0)
        elif kind == "B":
            self.y = min(self.y + count, self.rows - 1)
        elif kind == "C":
            self.x = min(self.x + count, self.columns - 1)
        elif kind == "D":
            self.x = max(self.x - count, 0)
        elif kind == "H":
            self.y = min(count, self.rows) - 1
            self.x = min((numbers[1] if len(numbers) > 1 else 1) or 1, self.columns) - 1
        elif kind in "JK":
            self._clear(numbers[0], below=kind == "J")
        elif kind == "n":
            self.asked_where += 1

    def _clear(self, which: int, *, below: bool) -> None:
        first = 0 if which == 2 else self.x
        self.grid[self.y][first:] = [" "] * (self.columns - first)
        if below:
            top = 0 if which == 2 else self.y + 1
            for y in range(top, self.rows):
                self.grid[y] = [" "] * self.columns

    def _write(self, char: str) -> None:
        if char == "\n":
            self._down()
        elif char == "\r":
            self.x = 0
        elif char == "\b":
            self.x = max(self.x - 1, 0)
        elif char == "\x07":
            pass
        elif unicodedata.combining(char):
            self.grid[self.y][max(self.x - 1, 0)] += char
        else:
            size = 2 if unicodedata.east_asian_width(char) in "WF" else 1
            if self.x + size > self.columns:
                self.x = 0
                self._down()
            self.grid[self.y][self.x] = char
            self.colors[self.y][self.x] = self.color
            if size > 1:
                self.grid[self.y][self.x + 1] = ""
            self.x += size

    def _down(self) -> None:
        if self.y < self.rows - 1:
            self.y += 1
            return
        self.gone.append("".join(self.grid.pop(0)).rstrip())
        self.grid.append([" "] * self.columns)
        self.colors.append([*self.colors.pop(0)])


class Terminal:
    """The program in a terminal of its own."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self.screen = Screen(columns, rows)
        self.raw = b""
        self._master, slave = pty.openpty()
        _resize(self._master, columns, rows)
        given = {"TERM": "xterm-256color", "TZ": "UTC", "NO_COLOR": "", **(env or {})}
        self.process = subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=ROOT,
            env={**environment(), **given},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)

    def type(self, text: str, *, enter: bool = True) -> None:
        """Press keys."""
        os.write(self._master, text.encode() + (b"\r" if enter else b""))

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size; the screen begins anew."""
        self.screen = Screen(columns, rows)
        _resize(self._master, columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed and turns Ctrl-C into a signal, as usual."""
        flags = termios.tcgetattr(self._master)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG)

    def until(self, *texts: str, within_s: float = WITHIN_S) -> str:
        """Wait until all of these stand on the screen, or scrolled off it; return everything."""
        return self.until_true(
            lambda: all(text in self.screen.text for text in texts), f"{texts}", within_s
        )

    def until_true(self, found: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> str:
        """Wait until a condition holds, taking in what the program writes."""
        deadline = time.monotonic() + within_s
        while not found():
            self._read()
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} on the screen:\n{self.screen.text}")
        return self.screen.text

    def look(self) -> None:
        """Take in what the program has written meanwhile."""
        while self._read():
            pass

    def leave(self, keys: str = "\x04") -> int:
        """Press Ctrl-D (or others) and return the exit status."""
        self.type(keys, enter=False)
        return self.ended()

    def ended(self) -> int:
        """Wait for the program's end; return its status."""
        self.until_true(lambda: self.process.poll() is not None, "end")
        self.look()
        return self.process.wait()

    def close(self) -> None:
        """End the program, whatever it does."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> bool:
        if not select.select([self._master], [], [], LOOK_S)[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # how Linux tells that the other end is closed
            return False
        self.raw += data
        self.screen.feed(data.decode(errors="replace"))
        for _ in range(self.screen.asked_where):
            os.write(self._master, f"\x1b[{self.screen.y + 1};{self.screen.x + 1}R".encode())
        self.screen.asked_where = 0
        return True


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _resize(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
