"""What the screen shows, as lines of styled pieces. Nothing here knows a terminal or the network.

A piece is (style, text); styles are words that the screen gives colours to, so that everything can
also be read without any. Texts that come in are not yet ``safe``, unless their name says so.
"""

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from clients.python.terminal.layout import clip, fill, width, wrap
from clients.python.terminal.safe import safe, safe_lines

Piece = tuple[str, str]
Line = list[Piece]
Laid = Line | Callable[[], Line]
"""A line; or what makes it, asked whenever it is drawn, because its sign may still change."""

NARROW_COLUMNS = 60
"""Below this the numbers of messages go, so that the text keeps some room."""
LEAST_COLUMNS = 10
"""The text of a message gets at least so many, however narrow the terminal is."""
NAME_COLUMNS = 10
SIGN_COLUMNS = 3
"""Two for the sign, and a space."""
RULE_COLUMNS = 100
NARROW_NAME_COLUMNS = 7
MOST_LINES = 60
"""Longer messages are cut: one person must not push everything else off the screen."""


class Mark(enum.Enum):
    """What the sign between a name and the text stands for; of own messages, their state."""

    THEIRS = "theirs"
    PENDING = "pending"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message as it is shown.

    Attributes:
        name: who wrote it.
        style: of the name.
        sign: asked for whenever the line is drawn; two columns of it are shown.
        seq: None while it has none.
        at: in the zone of the reader; None while it has no time.
        quote: what it answers, in a few words.
    """

    content: str
    name: str
    style: str
    sign: Callable[[], Piece]
    seq: int | None = None
    at: dt.datetime | None = None
    quote: str | None = None


def message(row: Row, columns: int) -> list[Laid]:
    """Lay a message out: time, name, sign, and the text in a column of its own.

    Later lines stay in that column, so that no text can pass for another person's message.
    """
    gutter = _gutter(row, columns)
    indent = sum(width(text) for _, text in gutter)
    room = max(columns - indent - SIGN_COLUMNS - 1, LEAST_COLUMNS)
    texts = [piece for line in safe_lines(row.content) for piece in wrap(line, room)]
    if len(texts) > MOST_LINES:
        texts[MOST_LINES:] = [f"… and {len(texts) - MOST_LINES} more lines"]
    quote: Line = [("dim", " " * indent + " ↪ " + clip(safe(row.quote or ""), room))]
    edge: Piece = ("dim", " " * indent + " │ ")

    def first() -> Line:
        style, sign = row.sign()
        return [*gutter, (style, fill(sign, SIGN_COLUMNS - 1, right=True) + " "), ("", texts[0])]

    later: list[Line] = [[edge, ("", text)] for text in texts[1:]]
    return [*([quote] if row.quote else []), first, *later]


def day(date: dt.date, columns: int) -> Line:
    """Return the line above the first message of a day."""
    return rule(f"{date:%A} {date.day} {date:%B %Y}", columns)


def rule(text: str, columns: int, style: str = "dim") -> Line:
    """Return a line across the screen with a few words in it."""
    words = f"── {clip(safe(text), max(columns - 8, LEAST_COLUMNS))} "
    return [(style, words + "─" * (min(columns, RULE_COLUMNS) - width(words) - 1))]


def notice(text: str, columns: int, style: str = "note") -> list[Line]:
    """Return something that the program itself says."""
    texts = [piece for line in safe_lines(text) for piece in wrap(line, max(columns - 3, 10))]
    return [[(style, ("• " if number == 0 else "  ") + text)] for number, text in enumerate(texts)]


def quiet(room: str, text: str, unread: int, columns: int) -> Line:
    """Return the one line about a message of a room that is not open."""
    count = f" ({unread})" if unread > 1 else ""
    line = f"{clip(safe(room), 24)}{count}: {safe(text)}"
    return [("quiet", "  » " + clip(line, max(columns - 5, LEAST_COLUMNS)))]


def table(rows: Iterable[Sequence[Piece]], columns: int) -> list[Line]:
    """Lay rows of pieces out in columns that are as wide as what they hold."""
    cells = [[(style, safe(text)) for style, text in row] for row in rows]
    if not cells:
        return []
    longest = [max(width(row[at][1]) for row in cells) for at in range(len(cells[0]))]
    widths = [min(size, max(columns // 2, LEAST_COLUMNS)) for size in longest]
    lines = []
    for row in cells:
        line: Line = [("", "  ")]
        for (style, text), size in zip(row[:-1], widths[:-1], strict=True):
            line += [(style, fill(text, size)), ("", "  ")]
        left = max(columns - sum(widths[:-1]) - 2 * len(widths) - 1, LEAST_COLUMNS)
        lines.append([*line, (row[-1][0], clip(row[-1][1], left))])
    return lines


def drawn(laid: Laid) -> Line:
    """Return a line as it is at this moment."""
    return laid() if callable(laid) else laid


def plain(laid: Laid) -> str:
    """Return a line's text alone."""
    return "".join(text for _, text in drawn(laid)).rstrip()


def _gutter(row: Row, columns: int) -> Line:
    time: Piece = ("dim", f"{row.at:%H:%M} " if row.at else " " * 6)
    if columns < NARROW_COLUMNS:
        name = fill(safe(row.name), NARROW_NAME_COLUMNS, right=True)
        return [time, (row.style, name)]
    number: Piece = ("dim", f"{'' if row.seq is None else row.seq:>4} ")
    name = fill(safe(row.name), NAME_COLUMNS, right=True)
    return [number, time, (row.style, name)]
