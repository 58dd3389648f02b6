"""The signs of own messages."""

import pytest

from clients.python.parley import Look
from clients.python.parley.marks import Progress
from clients.python.parley.shapes import Colour
from clients.python.terminal.layout import width
from clients.python.terminal.lines import Mark
from clients.python.terminal.prompt_screen import STYLE
from clients.python.terminal.ticks import COLOURS, PLAIN, Ticks
from services.chat.domain.status import LOOKS


def look(sign: str, colour: str = "blue") -> Look:
    return Look(label="x", sign=sign, colour=Colour(name=colour))


def ticks() -> Ticks:
    return Ticks(lambda room, seq: Progress.READ)


def test_the_plain_signs_are_those_of_the_server():
    theirs = {state.value: (f"tick.{one.colour.name}", one.sign) for state, one in LOOKS.items()}

    assert {mark.value: PLAIN[mark] for mark in Mark if mark is not Mark.THEIRS}.items() <= (
        theirs.items()
    )


@pytest.mark.parametrize("sign", [sign for _, sign in PLAIN.values()])
def test_a_sign_fits_into_its_columns(sign):
    assert width(sign) <= 2


def test_the_signs_of_the_server_are_adopted():
    shown = ticks()

    shown.adopt({"read": look("R"), "unheard of": look("?")})

    assert shown.sign(shown.mark("r", 1)) == ("tick.blue", "R")
    assert shown.sign(Mark.SENT) == PLAIN[Mark.SENT]


@pytest.mark.parametrize("sign", ["", "  "])
def test_an_empty_sign_is_none(sign):
    shown = ticks()

    shown.adopt({"read": look(sign)})

    assert shown.sign(Mark.READ) == PLAIN[Mark.READ]


def test_a_server_cannot_touch_the_terminal_by_its_signs():
    shown = ticks()

    shown.adopt({"read": look("\x1b[5m", "\x1b[31m")})

    assert shown.sign(Mark.READ) == ("tick.grey", "␛[5m")


def test_every_colour_has_a_style():
    known = {name for names, _ in STYLE.style_rules for name in names.split()}

    assert {f"tick.{colour}" for colour in COLOURS} <= known
