"""A real terminal: a prompt at the bottom, a bar below it, and everything else scrolling above.

What is written above the prompt is never changed again, so the terminal's own scrolling and copying
work; what may still change stands in the few lines that are drawn anew (``Live``).
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import BaseStyle, Style

from clients.python.terminal.lines import Line
from clients.python.terminal.screen import Live

TICK_S = 0.5
"""How often the bar is drawn anew by itself: it counts seconds while reconnecting."""

STYLE: BaseStyle = Style.from_dict(
    {
        "bottom-toolbar": "noreverse",
        "bar": "ansibrightblack",
        "bar.good": "ansigreen",
        "bar.warn": "ansiyellow",
        "bar.bad": "ansired",
        "prompt": "bold",
        "title": "bold",
        "strong": "bold",
        "me": "bold",
        "dim": "ansibrightblack",
        "quiet": "ansibrightblack italic",
        "note": "ansicyan",
        "good": "ansigreen",
        "bad": "ansired",
        "name0": "ansicyan",
        "name1": "ansiyellow",
        "name2": "ansimagenta",
        "name3": "ansibrightblue",
        "name4": "ansibrightgreen",
        "name5": "ansibrightred",
    }
)


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
        self._waiting: list[Line] = []
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._prompt: asyncio.Task[str] | None = None
        self._session: PromptSession[str] = PromptSession(
            self._message,
            bottom_toolbar=lambda: _text([live.bar()]),
            completer=_Completer(live),
            complete_style=CompleteStyle.READLINE_LIKE,
            complete_while_typing=False,
            reserve_space_for_menu=0,
            erase_when_done=True,
            enable_suspend=True,
            refresh_interval=TICK_S,
            color_depth=self._depth,
            style=STYLE,
            key_bindings=_keys(self._typed.put_nowait),
        )

    @property
    def columns(self) -> int:
        """How wide the terminal is at this moment."""
        return self._session.output.get_size().columns

    def show(self, lines: Sequence[Line]) -> None:
        """Write lines above the prompt; those of one turn of the loop are written at once."""
        was_empty = not self._waiting
        self._waiting += lines
        app = self._session.app
        if not app.is_running or app.loop is None:
            self._write()
        elif was_empty and lines:
            app.loop.call_soon(self._write)

    def refresh(self) -> None:
        """Draw the prompt and what stands around it anew."""
        self._session.app.invalidate()

    async def read(self) -> str | None:
        """Return the next line typed; None after Ctrl-D, or Ctrl-C with nothing typed.

        One prompt runs from the first call until ``close``: between two of them the terminal would
        treat keys in its own way, and a Ctrl-D would get lost.
        """
        if self._prompt is None:
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

    def _message(self) -> FormattedText:
        above = self._live.above(self.columns)
        return _text([*above, self._live.prompt()])

    def _write(self) -> None:
        """Write in place of the prompt, which is drawn again below.

        The library's own ``run_in_terminal`` would leave the raw mode meanwhile, in which a key
        that is pressed at that moment (a Ctrl-D, say) gets lost or shows up between the lines.
        """
        lines, self._waiting = self._waiting, []
        app = self._session.app
        if app.is_running:
            app.renderer.erase()
        text = FormattedText([piece for line in lines for piece in (*_styled(line), ("", "\n"))])
        output = self._session.output
        print_formatted_text(output, text, STYLE, color_depth=self._depth)
        output.flush()
        if app.is_running:
            app.renderer.request_absolute_cursor_position()
            app.invalidate()


class _Completer(Completer):
    def __init__(self, live: Live) -> None:
        self._live = live

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterable[Completion]:
        for length, new in self._live.complete(document.text_before_cursor):
            yield Completion(new, start_position=-length)


def _keys(give: Callable[[str | None], None]) -> KeyBindings:
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
