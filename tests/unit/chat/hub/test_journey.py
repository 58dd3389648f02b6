import pytest

from libs.common.clock import ManualClock, to_unix_ms
from libs.common.metrics import REGISTRY
from services.chat.domain.ordering import LiveFrame
from services.chat.hub.journey import SAMPLE_EVERY_S, SAMPLES, Journey


class Stage:
    """One process, and what it has measured since the test began."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.journey = Journey(self.clock)
        self._before = {name: self._now(name) for name in ("delivery", "received", "read")}

    def write(self, room: str = "room", *, seq: int = 1, age_s: float = 0.0) -> None:
        """Hand somebody's message to the sockets, so long after its transaction began."""
        written_at_ms = to_unix_ms(self.clock.now())
        self.clock.advance(age_s)
        self.journey.written(room, LiveFrame(seq, 1, None, "author", "text", written_at_ms))

    def claim(self, *, user: str = "reader", delivered: int = 0, read: int = 0) -> None:
        self.journey.claimed("room", user, delivered_seq=delivered, read_seq=read)

    def measured(self, name: str) -> tuple[float, float]:
        """How many, and how long together."""
        count, total = self._now(name)
        count_before, total_before = self._before[name]
        return count - count_before, round(total - total_before, 3)

    @staticmethod
    def _now(name: str) -> tuple[float, float]:
        family = f"parley_{'message_' if name != 'delivery' else ''}{name}_seconds"
        count, total = (
            REGISTRY.get_sample_value(f"{family}_{each}") or 0.0 for each in ("count", "sum")
        )
        return count, total


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_way_to_the_sockets_is_measured_of_every_message(stage):
    stage.write(seq=1, age_s=0.02)
    stage.write(seq=2, age_s=0.03)

    assert stage.measured("delivery") == (2, 0.05)


def test_what_an_older_process_wrote_has_no_time(stage):
    stage.journey.written("room", LiveFrame(1, 1, None, "author", "text"))

    assert stage.measured("delivery") == (0, 0.0)


def test_the_first_receipt_of_somebody_else_counts(stage):
    stage.write()
    stage.clock.advance(0.2)

    stage.claim(user="author", delivered=1)
    stage.claim(delivered=1)
    stage.claim(user="another", delivered=1)

    assert stage.measured("received") == (1, 0.2)


def test_who_reads_has_received(stage):
    stage.write()
    stage.clock.advance(3)

    stage.claim(delivered=1, read=1)

    assert stage.measured("received") == stage.measured("read") == (1, 3.0)


def test_a_receipt_of_what_was_before_says_nothing(stage):
    stage.write(seq=5)

    stage.claim(delivered=4, read=4)

    assert stage.measured("received") == (0, 0.0)


def test_the_rate_of_messages_is_not_the_rate_of_the_sample(stage):
    for seq in range(1, 11):
        stage.write(f"room {seq}", seq=seq)
    stage.write(seq=11)

    stage.claim(delivered=11)

    assert stage.measured("received") == (0, 0.0)


def test_the_sample_is_bounded(stage):
    stage.write()
    for number in range(SAMPLES):
        stage.clock.advance(SAMPLE_EVERY_S)
        stage.write(f"room {number}")

    stage.claim(delivered=1)

    assert stage.measured("received") == (0, 0.0)


def test_a_message_that_nobody_reports_makes_room_for_a_newer_one(stage):
    stage.write(seq=1)
    stage.clock.advance(11)
    stage.write(seq=2)
    stage.clock.advance(1)

    stage.claim(delivered=2)

    assert stage.measured("received") == (1, 1.0)
