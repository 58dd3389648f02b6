"""What is told of the person at the keyboard."""

from typing import Any, cast

import pytest

from clients.python.parley.attendance import REPEAT_AFTER_S, Attendance
from clients.python.terminal.attention import AWAY_AFTER_S, Attention
from clients.python.terminal.model import Model
from tests.unit.clients.python.fakes import ManualClock
from tests.unit.clients.python.terminal.made import room
from tests.unit.clients.python.terminal.stage import FakeScreen

SERVER_PATIENCE_S = 360
"""So long the server waits for a sign of a person who is there."""


class Told:
    """Stands in for a chat: keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def type(self, room: str) -> None:
        self.said.append(("types", room))

    def stop_typing(self, room: str) -> None:
        self.said.append(("stops", room))

    def activity(self, state: str) -> None:
        self.said.append(("is", state))

    def take(self) -> list[tuple[str, str]]:
        said, self.said = self.said, []
        return said


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def model() -> Model:
    return Model({one: room(one) for one in ("r", "t")}, "me")


@pytest.fixture
def screen(told: Told, model: Model, clock: ManualClock) -> FakeScreen:
    screen = FakeScreen()
    Attention(cast("Any", told), model=model, clock=clock).watch(screen)
    model.begin("r")
    told.take()
    return screen


def test_every_key_of_a_message_is_told_to_its_room(screen, told):
    for text in ("h", "hi", "hi "):
        screen.write(text)

    assert told.take() == [("types", "r")] * 3


@pytest.mark.parametrize("text", ["/", "/open bob", "/no", "", "  "])
def test_what_is_no_message_is_not_told(screen, told, text):
    screen.write(text)

    assert told.take() == []


def test_a_message_may_begin_with_a_slash(screen, told):
    screen.write("//etc")

    assert told.take() == [("types", "r")]


@pytest.mark.parametrize("text", ["", "/"])
def test_a_message_that_is_taken_back_is_over_once(screen, told, text):
    screen.write("h")
    screen.write(text)
    screen.write("")

    assert told.take() == [("types", "r"), ("stops", "r")]


def test_a_room_that_was_left_with_a_text_begun_is_told_so(screen, told, model):
    screen.write("h")
    model.begin("t")
    screen.write("hi")

    assert told.take() == [("types", "r"), ("stops", "r"), ("types", "t")]


def test_without_an_open_room_nobody_is_told(screen, told, model):
    model.close()
    screen.write("h")

    assert told.take() == []


def test_five_minutes_after_the_last_key_one_is_away_until_the_next(screen, told, clock):
    clock.advance(AWAY_AFTER_S - 1)
    screen.touch()
    clock.advance(AWAY_AFTER_S - 1)
    still = told.take()
    clock.advance(1)
    gone = told.take()
    clock.advance(2 * AWAY_AFTER_S)
    screen.touch()
    back = told.take()
    clock.advance(AWAY_AFTER_S)

    assert set(still) == {("is", "active")}
    assert gone == [("is", "away")]
    assert back == [("is", "active")]
    assert told.take()[-1] == ("is", "away")


def test_whoever_never_presses_a_key_is_away_after_five_minutes(screen, told, clock):
    clock.advance(AWAY_AFTER_S)

    assert told.take()[-1] == ("is", "away")


@pytest.mark.parametrize("key_at_s", [1, 60, REPEAT_AFTER_S - 1, REPEAT_AFTER_S + 1, 299])
def test_the_server_never_takes_one_for_away_before_one_is(screen, told, clock, key_at_s):
    attendance, heard_at, start = Attendance(), clock.now, clock.now
    clock.advance(key_at_s)
    screen.touch()

    while ("is", "away") not in told.said:
        for _, state in told.take():
            if attendance.change(state, clock.now - start):
                heard_at = clock.now
        assert clock.now - heard_at < SERVER_PATIENCE_S
        clock.advance(1)

    assert clock.now - start == pytest.approx(key_at_s + AWAY_AFTER_S, abs=2)
