import pytest

from libs.common.errors import BadFrame
from libs.common.messages import CONTENT_CHARS, check_content


@pytest.mark.parametrize(
    "content",
    ["x", " x ", "\u200b", "\U0001f600" * CONTENT_CHARS, "\n.\n", "\ufffd", "\1"],
)
def test_text_is_accepted_as_it_is(content):
    check_content(content)


@pytest.mark.parametrize(
    "content",
    [
        "",
        " ",
        "\t\r\n\v\f",
        "\u2003\u3000\u00a0\u2028",
        "x" * (CONTENT_CHARS + 1),
        "a\0b",
        "\ud800",
        "a\udfffb",
    ],
)
def test_what_is_blank_or_too_long_or_no_text_is_refused_by_field(content):
    with pytest.raises(BadFrame) as refused:
        check_content(content)

    assert list(refused.value.fields) == ["content"]
