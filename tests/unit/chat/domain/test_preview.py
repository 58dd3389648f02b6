import pytest
from hypothesis import given, strategies as st

from services.chat.domain.preview import ELLIPSIS, PREVIEW_CHARS, preview

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
TINTED = "\U0001f44d\U0001f3fd"
FLAG = "\U0001f1e9\U0001f1ea"
ACCENTED = "e\u0301"


@given(st.text(max_size=400))
def test_a_preview_is_one_line_of_at_most_120_characters(content):
    text = preview(content)

    assert len(text) <= PREVIEW_CHARS
    assert text == " ".join(text.split())


@given(st.text(max_size=PREVIEW_CHARS))
def test_what_is_short_enough_stays_but_for_its_white_space(content):
    assert preview(content) == " ".join(content.split())


@given(st.text(min_size=200, max_size=400))
def test_what_is_cut_is_the_beginning_and_says_so(content):
    line, text = " ".join(content.split()), preview(content)

    if len(line) > PREVIEW_CHARS:
        assert text.endswith(ELLIPSIS)
        assert line.startswith(text.removesuffix(ELLIPSIS))


def test_exactly_120_characters_are_not_cut():
    assert preview("x" * 120) == "x" * 120
    assert preview("x" * 121) == "x" * 119 + ELLIPSIS


@pytest.mark.parametrize("sign", [FAMILY, TINTED, FLAG, ACCENTED])
@pytest.mark.parametrize("shift", range(6))
def test_no_sign_is_cut_in_two(sign, shift):
    signs = 200 // len(sign)

    text = preview("x" * shift + sign * signs).removesuffix(ELLIPSIS)

    kept = text[shift:]
    assert kept == sign * (len(kept) // len(sign))
    assert len(text) > PREVIEW_CHARS - len(ELLIPSIS) - len(sign)


def test_a_letter_with_hundreds_of_accents_is_cut_anyway():
    text = preview("e" + "\u0301" * 400)

    assert len(text) == PREVIEW_CHARS
