"""What is told of the keys one presses, and when."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st

from clients.python.parley.commands import SendTyping
from clients.python.parley.keystrokes import SILENCE_S, TELL_PAUSE_S, Keystrokes

STARTED, STOPPED = SendTyping(room="r", is_typing=True), SendTyping(room="r", is_typing=False)


@pytest.fixture
def keys() -> Keystrokes:
    return Keystrokes()


def test_the_first_key_is_told_at_once(keys):
    keys.press("r", 5)

    assert keys.due(5) == [STARTED]
    assert keys.due(5) == []


def test_more_keys_are_told_at_most_every_200_ms(keys):
    told = []
    for tenth in range(6):
        keys.press("r", tenth / 10)
        told.append(keys.due(tenth / 10))

    assert told == [[STARTED], [], [STARTED], [], [STARTED], []]


def test_a_key_that_came_too_early_is_told_when_its_time_comes(keys):
    keys.press("r", 0)
    keys.due(0)
    keys.press("r", 0.1)

    assert keys.due(0.19) == []
    assert keys.due(0.2) == [STARTED]
    assert keys.due(0.5) == []


def test_a_second_without_a_key_ends_it_once(keys):
    keys.press("r", 0)
    keys.due(0)

    assert keys.due(0.99) == []
    assert keys.pending
    assert keys.due(1) == [STOPPED]
    assert not keys.pending
    assert keys.due(9) == []


def test_a_text_that_is_taken_back_ends_it_at_once(keys):
    keys.press("r", 0)
    keys.due(0)
    keys.stop("r")

    assert keys.due(0.01) == [STOPPED]
    assert not keys.pending


def test_what_is_begun_anew_right_after_its_end_is_told_200_ms_after_the_last_time(keys):
    keys.press("r", 0)
    keys.due(0)
    keys.stop("r")
    keys.due(0.1)
    keys.press("r", 0.15)

    assert keys.due(0.15) == []
    assert keys.due(0.2) == [STARTED]


def test_the_end_of_what_was_never_told_is_not_told_either(keys):
    keys.stop("r")
    keys.press("r", 0)
    keys.stop("r")

    assert keys.due(0) == []


def test_a_message_that_is_sent_ends_it_without_a_word(keys):
    keys.press("r", 0)
    keys.due(0)
    keys.press("r", 0.1)
    keys.sent("r")

    assert not keys.pending
    assert keys.due(5) == []


def test_rooms_do_not_wait_for_each_other(keys):
    keys.press("r", 0)
    keys.press("s", 0)

    assert [frame.room for frame in keys.due(0)] == ["r", "s"]


@pytest.mark.parametrize("forget", [Keystrokes.clear, lambda keys: keys.forget("r")])
def test_what_is_forgotten_is_told_anew_and_its_end_not_at_all(keys, forget):
    keys.press("r", 0)
    keys.due(0)
    forget(keys)

    assert keys.due(5) == []
    keys.press("r", 0.1)
    assert keys.due(0.1) == [STARTED]


LOOK_MS = 50
ROUNDING_S = 1e-6
LATE_S = LOOK_MS / 1000 + ROUNDING_S
"""The loop looks every 50 ms, so everything may come so late."""


@dataclass
class Watched:
    """Somebody at a keyboard, the loop around it, and a server that hears what is told."""

    keys: Keystrokes = field(default_factory=Keystrokes)
    now_ms: int = 0
    pressed_at: float | None = None
    heard_at: float | None = None
    trues: list[float] = field(default_factory=list)

    @property
    def now(self) -> float:
        return self.now_ms / 1000

    @property
    def is_shown(self) -> bool:
        """Whether the others see it: for a second after each time that it was told."""
        return self.heard_at is not None and self.now < self.heard_at + SILENCE_S

    def press(self) -> None:
        self.pressed_at = self.now
        self.keys.press("r", self.now)
        self.hear()

    def stop(self) -> None:
        was_shown = self.is_shown
        self.pressed_at = None
        self.keys.stop("r")
        frames = self.hear()
        assert frames == [STOPPED] or not was_shown

    def send(self) -> None:
        self.pressed_at = self.heard_at = None
        self.keys.sent("r")
        assert self.hear() == []

    def reconnect(self) -> None:
        self.pressed_at = self.heard_at = None
        self.trues.clear()
        self.keys.clear()

    def pass_time(self, ms: int) -> None:
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            self.now_ms = min(self.now_ms + LOOK_MS - self.now_ms % LOOK_MS, end_ms)
            if self.now_ms % LOOK_MS == 0:
                self.hear()
            self.look()

    def hear(self) -> list[SendTyping]:
        frames = self.keys.due(self.now)
        for frame in frames:
            if frame.is_typing:
                self.trues.append(self.now)
                self.heard_at = self.now
            else:
                assert self.heard_at is not None, "an end of nothing"
                self.heard_at = None
        return frames

    def look(self) -> None:
        """Hold what the others see against the keys."""
        since = float("inf") if self.pressed_at is None else self.now - self.pressed_at
        if since >= SILENCE_S + LATE_S:
            assert not self.is_shown, "shown though nobody types"
        if TELL_PAUSE_S + LATE_S <= since < SILENCE_S - ROUNDING_S:
            assert self.is_shown, "not shown though somebody types"


steps = st.one_of(
    st.tuples(st.just("press"), st.integers(0, 1500)),
    st.tuples(st.just("press"), st.integers(0, 150)),
    st.tuples(st.sampled_from(["stop", "send", "reconnect"]), st.integers(0, 300)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=30))
def test_whatever_the_keys_the_others_see_it_in_time_and_are_told_no_more_than_every_200_ms(did):
    watched = Watched()

    for what, then_ms in did:
        getattr(watched, what)()
        watched.pass_time(then_ms)
    watched.pass_time(1_200)

    told = zip(watched.trues, watched.trues[1:], strict=False)
    assert all(later - earlier >= TELL_PAUSE_S - ROUNDING_S for earlier, later in told)
    assert not watched.keys.pending
    assert not watched.is_shown


@given(st.lists(st.integers(0, 999), max_size=40))
def test_the_first_key_after_a_pause_is_told_with_the_key_itself(pauses_ms):
    watched = Watched()

    for pause_ms in pauses_ms:
        watched.press()
        watched.pass_time(pause_ms)
    watched.pass_time(1_200)
    watched.press()

    assert watched.trues[-1] == watched.now
