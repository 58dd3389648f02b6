import re

import pytest
from hypothesis import given, strategies as st

from libs.common.errors import BadFrame
from services.chat.domain.foreign_names import display_name_for, usernames_for
from services.chat.domain.names import USERNAME_PATTERN, display_name_of


@pytest.mark.parametrize(
    ("wishes", "first"),
    [
        (("ada", None), "ada"),
        (("Ada.L-1_x", None), "Ada.L-1_x"),
        (("Ada Lovelace", None), "Ada.Lovelace"),
        (("ada@id.example", None), "ada"),
        (("Müller", None), "Muller"),
        (("Ада", "ada@id.example"), "ada"),
        ((None, "ada@id.example"), "ada"),
        (("", "@id.example"), "user"),
        (("Ада", None), "user"),
        ((None, None), "user"),
        (("x" * 40, None), "x" * 32),
        (("al", None), "al2"),
        (("a\0b", None), "a.b"),
        (("..\n..", None), "user"),
    ],
)
def test_a_name_of_elsewhere_is_made_to_fit(wishes, first):
    assert next(usernames_for(*wishes)) == first


def test_a_name_that_is_taken_gets_a_number_and_then_something_drawn():
    first, second, third, fourth, *drawn = usernames_for("a" * 32)

    assert (first, second) == ("a" * 32, "a" * 31 + "2")
    assert (third, fourth) == ("a" * 31 + "3", "a" * 31 + "4")
    assert len(set(drawn)) == 5
    assert all(re.fullmatch(r"a{25}-[0-9a-f]{6}", name) for name in drawn)


@given(st.lists(st.none() | st.text(), max_size=2))
def test_every_suggestion_is_a_username(wishes):
    suggested = list(usernames_for(*wishes))

    assert len(suggested) >= 5
    assert all(re.fullmatch(USERNAME_PATTERN, name) for name in suggested)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada \n\t Lovelace ", "Ada Lovelace"),
        ("A\u202eda\0", "Ada"),
        ("\u200bAda", "Ada"),
        ("Ада \U0001f642", "Ада \U0001f642"),
        ("x" * 100, "x" * 80),
        ("\u2800", "user"),
        ("", "user"),
        (None, "user"),
    ],
)
def test_a_display_name_is_cleaned_or_the_next_one_is_taken(name, shown):
    assert display_name_for(name, "user") == shown


@given(st.text())
def test_a_cleaned_display_name_may_be_shown(name):
    shown = display_name_for(name, "user")

    assert display_name_of(shown) == shown


def test_without_anything_to_show_there_is_no_display_name():
    with pytest.raises(BadFrame):
        display_name_for("", None)
