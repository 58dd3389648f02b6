"""Text in columns."""

import pytest
from hypothesis import given, strategies as st

from clients.python.terminal.layout import clip, fill, width, wrap
from clients.python.terminal.safe import safe


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("你好", 4), ("e\u0301", 1), ("👍🏽", 2), ("", 0)]
)
def test_a_width_counts_columns(text, columns):
    assert width(text) == columns


def test_a_line_is_broken_between_words():
    assert wrap("the quick brown fox", 10) == ["the quick", "brown fox"]


def test_a_word_that_is_longer_than_a_line_is_broken_anywhere():
    assert wrap("a " + "x" * 12, 5) == ["a xxx", "xxxxx", "xxxx"]


def test_letters_that_hang_together_without_end_are_cut_too():
    assert wrap("\u0600" * 5 + "a", 3) == ["\u0600" * 3, "\u0600" * 2 + "a"]


def test_wide_letters_are_never_cut_in_two():
    assert wrap("你好世界", 5) == ["你好", "世界"]


def test_spaces_at_the_beginning_stay():
    assert wrap("    if x:", 20) == ["    if x:"]


def test_an_empty_line_is_a_line():
    assert wrap("", 10) == [""]


@given(st.text().map(safe), st.integers(2, 60))
def test_no_line_is_wider_than_asked_for_and_no_letter_is_lost(text, columns):
    lines = wrap(text, columns)

    assert all(width(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_is_cut_ends_with_an_ellipsis():
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"
    assert clip("你好世界", 4) == "你…"


def test_a_text_is_filled_up_on_either_side():
    assert fill("ab", 4) == "ab  "
    assert fill("ab", 4, right=True) == "  ab"
    assert fill("你", 4, right=True) == "  你"
