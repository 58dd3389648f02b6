import msgspec
import pytest

from libs.common.errors import BadFrame
from services.chat.domain.names import (
    DISPLAY_NAME_CHARS,
    Username,
    display_name_of,
    room_name_of,
)


@pytest.mark.parametrize(
    "name", ["Alice", "Ольга", "李雷", "a", "👩\u200d🚀", "x" * DISPLAY_NAME_CHARS]
)
def test_a_display_name_may_be_anything_that_can_be_read(name):
    assert display_name_of(name) == name


def test_spaces_around_a_display_name_go():
    assert display_name_of("  Alice \n") == "Alice"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * (DISPLAY_NAME_CHARS + 1),
        "a\0b",
        "a\nb",
        "a\u2028b",
        "\ud800",
        "abc\u202edcba",
        "\u2066x\u2069",
        "\u200d",
        "\u00ad\u200b",
        "\u0301",
    ],
)
def test_a_display_name_that_deceives_or_hides_is_refused(name):
    with pytest.raises(BadFrame) as refused:
        display_name_of(name)

    assert list(refused.value.fields) == ["display_name"]


def test_a_group_is_named_by_the_same_rules_under_its_own_field():
    assert room_name_of(" Trip to Rome ") == "Trip to Rome"
    for name in ("", " ", "a\0b", "x" * (DISPLAY_NAME_CHARS + 1)):
        with pytest.raises(BadFrame) as refused:
            room_name_of(name)
        assert list(refused.value.fields) == ["name"]


@pytest.mark.parametrize("name", ["abc", "A.b-c_9", "x" * 32])
def test_a_username_is_plain_ascii(name):
    assert msgspec.convert(name, Username) == name


@pytest.mark.parametrize("name", ["ab", "x" * 33, "abc\n", "a b c", "ålice", "abc\0", "", "a@b.c"])
def test_a_username_of_other_characters_or_lengths_is_refused(name):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Username)
