import pytest

from services.chat.domain.ordering import LiveFrame
from services.chat.hub.outbound import Outbound
from services.chat.hub.session import Seat, Session
from tests.unit.chat.hub.fake_wire import FakeWire


def frame(seq, session=None):
    return LiveFrame(seq, 1, session, "author", str(seq))


@pytest.fixture
def wire():
    return FakeWire()


@pytest.fixture
def seat(wire):
    return Seat(Session("own", "user", "sid", Outbound(wire)))


def test_live_frames_are_held_until_the_head_is_known_and_those_above_it_follow(wire, seat):
    for seq in (3, 4, 5):
        seat.deliver(frame(seq))
    held = list(wire.written)

    seat.go_live(4)
    seat.deliver(frame(6))

    assert (held, wire.written) == ([], ["5", "6"])


def test_a_session_does_not_get_what_it_sent_itself(wire, seat):
    seat.deliver(frame(1, "own"))
    seat.go_live(0)
    seat.deliver(frame(2, "own"))
    seat.deliver(frame(3, "other"))

    assert wire.written == ["3"]


def test_who_has_left_gets_what_was_written_before_and_nothing_after(wire, seat):
    seat.go_live(0)
    seat.until = 2

    for seq in (1, 2, 3):
        seat.deliver(frame(seq))

    assert wire.written == ["1", "2"]


def test_who_has_joined_gets_nothing_from_before(wire, seat):
    seat.after = 5
    seat.go_live(3)

    for seq in (4, 5, 6):
        seat.deliver(frame(seq))

    assert wire.written == ["6"]
