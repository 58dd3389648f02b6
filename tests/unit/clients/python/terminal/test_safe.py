"""Nothing that somebody writes can do more to a terminal than show signs."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from clients.python.terminal.safe import safe, safe_lines

ATTACKS = {
    "colour": "\x1b[31mred\x1b[0m",
    "clear the screen": "\x1b[2J\x1b[H",
    "move up and overwrite": "\x1b[3A\x1b[2Kbob: yes",
    "window title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "link to somewhere else": "\x1b]8;;http://evil.test\x1b\\bank\x1b]8;;\x1b\\",
    "answer to a question": '\x1b[6n\x1b[c\x1bP$q"p\x1b\\',
    "full reset": "\x1bc",
    "another alphabet": "\x0e\x1b(0",
    "one-byte CSI": "\x9b31m",
    "one-byte OSC": "\x9d0;owned\x9c",
    "start of the line": "all fine\rEVIL",
    "backspaces": "good\b\b\b\bevil",
    "delete": "a\x7fb",
    "bell": "\x07",
    "tabs of a terminal": "\x1bH\x0b\x0c",
    "NUL": "a\x00b",
}
TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HIDDEN = "\u200b\u2060\ufeff\u00ad\u180e\U000e0041\U000e0001"


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_control_characters_become_signs(attack):
    shown = safe(attack)

    assert [char for char in shown if unicodedata.category(char) in ("Cc", "Cf")] == []
    assert len(shown) >= len(attack)


def test_what_was_written_around_an_escape_sequence_can_still_be_read():
    assert safe("\x1b[31mred\x1b[0m") == "␛[31mred␛[0m"
    assert safe("a\x7fb\x9bc") == "a␡b<U+009B>c"


@pytest.mark.parametrize("char", TURNING + HIDDEN, ids=lambda char: f"{ord(char):04X}")
def test_what_turns_or_hides_text_is_seen(char):
    assert safe(f"a{char}b") == f"a<U+{ord(char):04X}>b"


@pytest.mark.parametrize(
    "text",
    ["Grüße", "你好", "שלום", "می‌خواهم", "👨‍👩‍👧", "👍🏽", "e\u0301", "नमस्ते", "<b> & \\x1b[31m"],
)
def test_what_people_write_stays_as_it_is(text):
    assert safe(text) == text


def test_lines_end_where_their_writer_ended_them():
    assert safe_lines("one\ntwo\r\nthree\u2028four\u2029five\x85six") == [
        *("one", "two", "three", "four", "five", "six")
    ]
    assert safe("one\ntwo") == "one two"


def test_half_a_character_can_be_written_to_a_terminal():
    assert safe("a\ud800b").encode() == "a\ufffdb".encode()


def test_a_tower_of_accents_is_cut():
    assert safe("e" + "\u0301" * 500 + "x" + "\u0302") == "e" + "\u0301" * 8 + "x" + "\u0302"


@given(st.text())
def test_nothing_gets_through(text):
    joiners = "\u200c\u200d"

    for line in safe_lines(text):
        line.encode()
        assert "\n" not in line
        for char in line:
            category = unicodedata.category(char)
            assert category not in ("Cc", "Cs", "Zl", "Zp")
            assert category != "Cf" or char in joiners or char not in TURNING + HIDDEN
