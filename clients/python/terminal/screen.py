"""Where lines go to and typed lines come from: what every screen can do, and the simplest one."""

import asyncio
import codecs
import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from clients.python.terminal.lines import Laid, Line, plain

PLAIN_COLUMNS = 100
"""How wide lines are laid out where nobody knows how wide the screen is."""
READ_BYTES = 65_536
LINES_AHEAD = 100
"""Lines read but not looked at yet; a long file waits instead of filling the memory."""


@dataclass(frozen=True, slots=True)
class Live:
    """What a screen shows around the prompt; asked for whenever it draws.

    Attributes:
        above: what is on its way, for so many columns.
        prompt: what stands before the cursor.
        bar: the bottom line.
        complete: what the text before the cursor may become: (how many characters go, the new).
    """

    above: Callable[[int], Sequence[Laid]]
    prompt: Callable[[], Line]
    bar: Callable[[], Line]
    complete: Callable[[str], Sequence[tuple[int, str]]]


class Screen(Protocol):
    """What the talk needs of a screen."""

    @property
    def columns(self) -> int:
        """How wide lines may be now."""
        ...

    @property
    def redraws(self) -> bool:
        """Whether ``Live`` is shown; otherwise what changes has to be told in lines."""
        ...

    @property
    def is_watched(self) -> bool:
        """Whether a person looks at it now, as far as the terminal tells; what is shown is read."""
        ...

    def when_watched(self, call: Callable[[], None]) -> None:
        """Make this call whenever somebody begins to look again."""
        ...

    def when_touched(self, call: Callable[[], None]) -> None:
        """Make this call at every sign of a person: a key, or that they look again."""
        ...

    def when_typed(self, call: Callable[[str], None]) -> None:
        """Make this call with the text that is being written, whenever a key changed it.

        The text is empty, too, where nobody looks any more; not when it was finished with Enter.
        """
        ...

    def show(self, lines: Sequence[Laid]) -> None:
        """Write lines, in order, above whatever is being typed."""
        ...

    def refresh(self) -> None:
        """Draw what stands around the prompt anew."""
        ...

    async def read(self) -> str | None:
        """Return the next line that was typed; None when the person wants to leave."""
        ...

    async def close(self) -> None:
        """Leave the terminal as it was found. Idempotent."""
        ...


class PlainScreen:
    """Line after line, for terminals that can do no more, and for pipes. No colours, no prompt.

    Args:
        is_watched: whether a person looks at it; a script may as well throw its output away.
    """

    redraws = False

    def __init__(self, *, is_watched: bool) -> None:
        self.is_watched = is_watched
        self._lines = InputLines()
        self._call_when_touched: Callable[[], None] = lambda: None

    @property
    def columns(self) -> int:
        """How wide the terminal says it is; 100 where there is none."""
        return shutil.get_terminal_size((PLAIN_COLUMNS, 0)).columns

    def when_watched(self, call: Callable[[], None]) -> None:
        """Do nothing: whether somebody looks does not change."""

    def when_touched(self, call: Callable[[], None]) -> None:
        """Make this call at every line; of keys nothing is known."""
        self._call_when_touched = call

    def when_typed(self, call: Callable[[str], None]) -> None:
        """Do nothing: lines come when they are finished."""

    def show(self, lines: Sequence[Laid]) -> None:
        """Write lines."""
        sys.stdout.write("".join(plain(line) + "\n" for line in lines))
        sys.stdout.flush()

    def refresh(self) -> None:
        """Do nothing: there is nothing to draw anew."""

    async def read(self) -> str | None:
        """Return the next line of the input."""
        line = await self._lines.next()
        self._call_when_touched()
        return line

    async def close(self) -> None:
        """Do nothing: nothing was changed."""


class InputLines:
    """The lines of the standard input, read beside the event loop: it may be a file or a pipe.

    Bytes are read from the descriptor itself: a thread that waits inside ``sys.stdin`` would hold
    its lock when the program ends.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(LINES_AHEAD)
        self._loop = asyncio.get_running_loop()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    async def next(self) -> str | None:
        """Return the next line without its end; None after the last one, for ever."""
        if self._ended:
            return None
        line = await self._queue.get()
        self._ended = line is None
        return line

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        try:
            while data := os.read(sys.stdin.fileno(), READ_BYTES):
                *whole, rest = (rest + decoder.decode(data)).split("\n")
                for line in whole:
                    self._put(line.removesuffix("\r"))
            if rest:
                self._put(rest)
            self._put(None)
        except (OSError, RuntimeError):  # the input or the program is gone
            return

    def _put(self, line: str | None) -> None:
        asyncio.run_coroutine_threadsafe(self._queue.put(line), self._loop).result()
