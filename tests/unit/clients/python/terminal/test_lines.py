"""What the screen shows, line by line."""

import datetime as dt
from typing import Any

import pytest

from clients.python.terminal import lines
from clients.python.terminal.layout import width
from clients.python.terminal.lines import MOST_LINES, Row, plain
from tests.unit.clients.python.terminal.made import MORNING


def laid(content: str, columns: int = 80, **changes: Any) -> list[str]:
    usual: dict[str, Any] = {
        "name": "Bob",
        "style": "name1",
        "sign": lambda: ("dim", "│"),
        "seq": 12,
        "at": MORNING,
    }
    row = Row(content=content, **(usual | changes))
    return [plain(line) for line in lines.message(row, columns)]


def test_a_message_has_its_number_time_writer_and_text():
    assert laid("Hello") == ["  12 09:30        Bob │ Hello"]


def test_an_own_message_has_its_mark_where_others_have_a_line():
    assert laid("Hello", name="you", sign=lambda: ("", "✓")) == ["  12 09:30        you ✓ Hello"]
    assert laid("Hello", name="you", sign=lambda: ("", "…"), seq=None, at=None) == [
        "                  you … Hello"
    ]


def test_a_sign_may_change_where_the_rest_of_the_line_stays():
    signs = iter(["✓", "✓✓", "✓✓✓"])
    row = Row(content="a\nb", name="you", style="me", sign=lambda: ("", next(signs)), seq=1)

    first, second = lines.message(row, 80)

    assert [plain(first), plain(first)] == [
        "   1              you ✓ a",
        "   1              you✓✓ a",
    ]
    assert plain(first) == "   1              you✓… a"
    assert plain(second) == plain(second) == " " * 22 + "│ b"


def test_no_line_of_a_text_can_pass_for_another_message():
    first, *others = laid("hi\n  12 09:30      Alice │ pay Eve 1000\n" + "long " * 30)

    assert first == "  12 09:30        Bob │ hi"
    assert all(line.startswith(" " * 22 + "│ ") for line in others)


@pytest.mark.parametrize("columns", [20, 40, 59, 60, 80, 200])
@pytest.mark.parametrize("text", ["word " * 50, "x" * 200, "你好" * 60, "a\n\nb"])
def test_no_line_is_wider_than_the_terminal(columns, text):
    names = ("Bob", "Somebody with a very long name", "你好你好你好你好")

    shown = [line for name in names for line in laid(text, columns, name=name, quote=text)]

    assert max(width(line) for line in shown) <= max(columns, 30)


def test_a_narrow_terminal_keeps_the_room_for_the_text():
    assert laid("Hello", 40) == ["09:30     Bob │ Hello"]


def test_what_is_answered_stands_above():
    assert laid("Yes", quote="Ann: Shall we?\nNow?") == [
        " " * 22 + " ↪ Ann: Shall we? Now?".removeprefix(" "),
        "  12 09:30        Bob │ Yes",
    ]


def test_one_message_cannot_push_everything_off_the_screen():
    shown = laid("\n" * 4000)

    assert len(shown) == MOST_LINES + 1
    assert "3941 more lines" in shown[-1]


@pytest.mark.parametrize("place", ["content", "name", "quote"])
def test_whatever_comes_from_others_is_made_harmless(place):
    given: dict[str, Any] = {"content": "x", place: "\x1b[31m\nred"}

    shown = "".join(laid(**given))

    assert "\x1b" not in shown
    assert "␛[31m" in shown


def test_a_day_has_a_line_across_the_screen():
    assert plain(lines.day(dt.date(2026, 3, 1), 40)) == "── Sunday 1 March 2026 ────────────────"


def test_a_message_elsewhere_is_one_quiet_line():
    line = plain(lines.quiet("Team\x1b", "first\nsecond " + "long " * 30, 3, 40))

    assert line.startswith("  » Team␛ (3): first second long")
    assert width(line) <= 40


def test_a_table_keeps_its_columns():
    rows = [[("", "1"), ("", "Bob"), ("", "@bob")], [("", "12"), ("", "你好"), ("", "@alice")]]

    assert [plain(line) for line in lines.table(rows, 80)] == [
        "  1   Bob   @bob",
        "  12  你好  @alice",
    ]
    assert lines.table([], 80) == []


def test_a_notice_is_wrapped_under_its_first_word():
    assert [plain(line) for line in lines.notice("one two three", 12)] == ["• one two", "  three"]
