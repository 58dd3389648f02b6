import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from services.chat.domain.status import LOOKS, Status, status_of

TOKENS = Path(__file__).parents[4] / "clients" / "web" / "app" / "src" / "styles" / "tokens.css"
GROUNDS = ("mine", "danger-soft", "surface", "hover", "accent-soft")
"""What the page shows a state on: one's own bubbles, sent and failed, and rows of the list."""
CONTRAST = 3.0
"""Least contrast of a drawing that means something: WCAG 2.2, 1.4.11."""
LIGHT_DARK = r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)"

marks = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda two: (max(two), min(two))),
    max_size=5,
)


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_there_are_the_six_states_and_each_has_a_whole_look():
    assert [status.value for status in Status] == [
        "pending",
        "queued",
        "sent",
        "delivered",
        "read",
        "failed",
    ]
    assert list(LOOKS) == list(Status)
    for status in Status:
        written = msgspec.to_builtins(status.look)
        colour = written.pop("colour")
        assert all(written.values())
        assert all(re.fullmatch(r"#[0-9a-f]{6}", colour[ground]) for ground in ("light", "dark"))


def test_the_ticks_are_those_of_the_first_design():
    looks = [Status.SENT.look, Status.DELIVERED.look, Status.READ.look, Status.FAILED.look]

    assert [(look.sign, look.icon, look.colour.name) for look in looks] == [
        ("✓", "check", "grey"),
        ("✓✓", "double-check", "grey"),
        ("✓✓", "double-check", "blue"),
        ("!", "warning", "red"),
    ]


def test_no_two_states_look_the_same():
    shown = {(look.icon, look.colour.name) for look in LOOKS.values()}
    written = {(look.sign, look.colour.name) for look in LOOKS.values()}

    assert len(shown) == len(written) == len(Status)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("status", Status)
def test_every_state_can_be_seen_on_the_page(status, ground):
    found = re.search(rf"--{ground}: {LIGHT_DARK};", TOKENS.read_text())
    assert found
    light, dark = found.groups()

    assert contrast(status.look.colour.light, light) >= CONTRAST
    assert contrast(status.look.colour.dark, dark) >= CONTRAST


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ([], Status.SENT),
        ([(4, 0)], Status.SENT),
        ([(5, 4)], Status.DELIVERED),
        ([(5, 5)], Status.READ),
        ([(9, 9), (4, 4)], Status.SENT),
        ([(9, 9), (5, 4)], Status.DELIVERED),
        ([(9, 9), (5, 5)], Status.READ),
    ],
)
def test_a_message_is_as_far_as_the_one_who_is_furthest_behind(others, status):
    assert status_of(5, others) is status


@given(marks, st.integers(1, 9))
def test_whoever_is_not_furthest_behind_changes_nothing(others, seq):
    by_each = sorted(others)[:1] + sorted(others, key=lambda mark: mark[1])[:1]

    assert status_of(seq, by_each) is status_of(seq, others)


@given(marks.filter(bool), st.integers(1, 9), st.data())
def test_a_state_never_goes_back_while_watermarks_rise(others, seq, data):
    order = [Status.SENT, Status.DELIVERED, Status.READ]
    before = status_of(seq, others)
    place = data.draw(st.integers(0, len(others) - 1))
    delivered, read = others[place]
    others[place] = (max(delivered, read + 1), read + 1)

    assert order.index(status_of(seq, others)) >= order.index(before)
