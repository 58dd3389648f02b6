"""A real terminal: a prompt at the bottom, a bar below it, and everything else scrolling above.

The newest lines are drawn anew with the prompt, because the ticks in them still change; older ones
are written above it once and for all, so the terminal's own scrolling and copying work.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import BaseStyle, Style
from prompt_toolkit.utils import suspend_to_background_supported

from clients.python.terminal.lines import Laid, Line, drawn
from clients.python.terminal.screen import Live
from clients.python.terminal.styles import STYLES

TICK_S = 0.5
"""How often the bar is drawn anew by itself: it counts seconds while reconnecting."""

FRESH_LINES = 40
"""At most so many lines are drawn anew; every key that is pressed draws them."""
OTHER_LINES = 10
"""Lines of the terminal that are left to what is on its way, the prompt and the bar."""

WATCH_FOCUS, IGNORE_FOCUS = "\x1b[?1004h", "\x1b[?1004l"
"""Ask the terminal to tell when its window is looked at. One that cannot does nothing.
Source: xterm, Control Sequences, FocusIn/FocusOut."""
FOCUS_IN, FOCUS_OUT = Keys.ControlF23, Keys.ControlF24
"""Keys that no keyboard has, for what the library does not know: the two reports of the focus."""

STYLE: BaseStyle = Style.from_dict(dict(STYLES))


class PromptScreen:
    """See the module.

    Args:
        live: what stands around the prompt.
        colors: whether there may be any.
    """

    redraws = True

    def __init__(self, live: Live, *, colors: bool) -> None:
        self._live = live
        self._depth = ColorDepth.DEPTH_4_BIT if colors else ColorDepth.DEPTH_1_BIT
        self._fresh: list[Laid] = []
        self._columns = 0
        self._watched = True
        self._call_when_watched: Callable[[], None] = lambda: None
        self._call_when_touched: Callable[[], None] = lambda: None
        self._call_when_typed: Callable[[str], None] = lambda _: None
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._prompt: asyncio.Task[str] | None = None
        self._session: PromptSession[str] = PromptSession(
            self._message,
            bottom_toolbar=lambda: _text([live.bar()]),
            completer=_Completer(live, self._write_all),
            complete_style=CompleteStyle.READLINE_LIKE,
            complete_while_typing=False,
            reserve_space_for_menu=0,
            erase_when_done=True,
            refresh_interval=TICK_S,
            color_depth=self._depth,
            style=STYLE,
            key_bindings=self._keys(),
        )
        self._session.default_buffer.on_text_changed += self._on_text
        self._session.app.key_processor.after_key_press += self._on_key

    @property
    def columns(self) -> int:
        """How wide the terminal is at this moment."""
        return self._session.output.get_size().columns

    @property
    def is_watched(self) -> bool:
        """Whether the window has the focus; also where the terminal does not tell."""
        return self._watched

    def when_watched(self, call: Callable[[], None]) -> None:
        """Make this call whenever the window gets the focus."""
        self._call_when_watched = call

    def when_touched(self, call: Callable[[], None]) -> None:
        """Make this call at every key, and when the window gets the focus."""
        self._call_when_touched = call

    def when_typed(self, call: Callable[[str], None]) -> None:
        """Make this call with the text at the prompt, and with none when the focus is lost."""
        self._call_when_typed = call

    def show(self, lines: Sequence[Laid]) -> None:
        """Write lines above the prompt; those of one turn of the loop are written at once."""
        self._fresh += lines
        app = self._session.app
        if not app.is_running or app.loop is None:
            self._write_all()
        elif lines:
            app.loop.call_soon(self._write_old)
            app.invalidate()

    def refresh(self) -> None:
        """Draw the prompt and what stands around it anew."""
        self._session.app.invalidate()

    async def read(self) -> str | None:
        """Return the next line typed; None after Ctrl-D, or Ctrl-C with nothing typed.

        One prompt runs from the first call until ``close``: between two of them the terminal would
        treat keys in its own way, and a Ctrl-D would get lost.
        """
        if self._prompt is None:
            self._say(WATCH_FOCUS)
            self._prompt = asyncio.create_task(self._session.prompt_async())
        typed = asyncio.create_task(self._typed.get())
        try:
            await asyncio.wait({typed, self._prompt}, return_when=asyncio.FIRST_COMPLETED)
            return typed.result() if typed.done() else self._prompt.result()
        finally:
            typed.cancel()

    async def close(self) -> None:
        """Take the prompt away, and the terminal out of its raw mode."""
        if self._prompt is not None:
            self._prompt.cancel()
            await asyncio.wait({self._prompt})
            self._prompt = None
            self._say(IGNORE_FOCUS)
        self._write_all()

    def _message(self) -> FormattedText:
        columns, loop = self.columns, self._session.app.loop
        if columns < self._columns and loop is not None:
            loop.call_soon(self._write_all)  # only what is written for good is broken into lines
        self._columns = columns
        above = self._live.above(columns)
        typed = self._session.default_buffer.document.line_count
        room = max(self._session.output.get_size().rows - len(above) - typed - 2, 0)
        fresh = self._fresh[-room:] if room else []
        return _text([*map(drawn, fresh), *map(drawn, above), self._live.prompt()])

    def _write_old(self) -> None:
        """Write those of the fresh lines that the newer ones push out."""
        rows = self._session.output.get_size().rows
        keep = min(max(rows - OTHER_LINES, 0), FRESH_LINES)
        if len(self._fresh) > keep:
            self._write(len(self._fresh) - keep)

    def _write_all(self) -> None:
        if self._fresh:
            self._write(len(self._fresh))

    def _write(self, count: int) -> None:
        """Write the oldest lines in place of the prompt, which is drawn again below.

        The library's own ``run_in_terminal`` would leave the raw mode meanwhile, in which a key
        that is pressed at that moment (a Ctrl-D, say) gets lost or shows up between the lines.
        """
        lines, self._fresh = self._fresh[:count], self._fresh[count:]
        app = self._session.app
        if app.is_running:
            app.renderer.erase()
        text = FormattedText(
            [piece for line in lines for piece in (*_styled(drawn(line)), ("", "\n"))]
        )
        output = self._session.output
        print_formatted_text(output, text, STYLE, color_depth=self._depth)
        output.flush()
        if app.is_running:
            app.renderer.request_absolute_cursor_position()
            app.invalidate()

    def _say(self, sequence: str) -> None:
        self._session.output.write_raw(sequence)
        self._session.output.flush()

    def _suspend(self) -> None:
        """Give the terminal back to the shell, until it lets the program go on."""
        self._say(IGNORE_FOCUS)
        os.kill(0, signal.SIGTSTP)
        self._say(WATCH_FOCUS)

    def _give(self, line: str | None) -> None:
        """Hand a line over that was typed; who types looks."""
        self._watch(is_watched=True)
        self._typed.put_nowait(line)

    def _watch(self, *, is_watched: bool) -> None:
        begins = is_watched and not self._watched
        self._watched = is_watched
        if begins:
            self._call_when_watched()
        if not is_watched:
            self._call_when_typed("")

    def _on_text(self, buffer: Buffer) -> None:
        self._call_when_touched()
        self._call_when_typed(buffer.text)

    def _on_key(self, _keys: object) -> None:
        """Note a key; that the focus was lost comes as one, too, and is no sign of a person."""
        if self._watched:
            self._call_when_touched()

    def _keys(self) -> KeyBindings:
        ANSI_SEQUENCES.update({"\x1b[I": FOCUS_IN, "\x1b[O": FOCUS_OUT})
        keys = _keys(self._give, taken_back=lambda: self._call_when_typed(""))

        @keys.add(FOCUS_IN)
        def _(_event: KeyPressEvent) -> None:
            self._watch(is_watched=True)

        @keys.add(FOCUS_OUT)
        def _(_event: KeyPressEvent) -> None:
            self._watch(is_watched=False)

        @keys.add("c-z", filter=Condition(suspend_to_background_supported))
        def _(_event: KeyPressEvent) -> None:
            self._write_all()  # the shell is to find what was said on the screen
            run_in_terminal(self._suspend)

        return keys


class _Completer(Completer):
    def __init__(self, live: Live, make_way: Callable[[], None]) -> None:
        self._live = live
        self._make_way = make_way

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterable[Completion]:
        found = self._live.complete(document.text_before_cursor)
        if len(found) > 1:  # they will be listed above the prompt, below what was said last
            self._make_way()
        for length, new in found:
            yield Completion(new, start_position=-length)


def _keys(give: Callable[[str | None], None], *, taken_back: Callable[[], None]) -> KeyBindings:
    keys = KeyBindings()
    writing = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=writing)
    def _(event: KeyPressEvent) -> None:
        text = event.current_buffer.text
        event.current_buffer.reset(append_to_history=True)
        give(text)

    @keys.add("c-c", filter=writing)
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
            taken_back()
        else:
            give(None)

    @keys.add("c-d", filter=writing)
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.delete()
        else:
            give(None)

    @keys.add("escape", "enter", filter=writing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _styled(line: Line) -> Line:
    return [(f"class:{style}" if style else "", text) for style, text in line]


def _text(lines: Sequence[Line]) -> FormattedText:
    """Return lines as the library wants them, with an end of line between every two."""
    pieces: Line = []
    for number, line in enumerate(lines):
        pieces += [("", "\n")] if number else []
        pieces += _styled(line)
    return FormattedText(pieces)
