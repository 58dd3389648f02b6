"""What is waited for after a connection, and what is asked for then."""

from typing import Any

import msgspec
import pytest

from clients.python.parley import frames
from clients.python.parley.commands import Sync
from clients.python.parley.core import Core
from tests.unit.clients.python import fakes

MOMENT_S = 0.01


def welcome(*rooms: Any) -> frames.Welcome:
    frame = {"protocol": 1, "session": "s", "user": {"id": "me"}, "rooms": rooms}
    return msgspec.convert({"type": "welcome", **frame}, frames.Welcome)


def message(seq: int, room: str = "r") -> frames.Message:
    return msgspec.convert(fakes.message(room, seq), frames.Message)


def synced(ref: str | None, first: int, last: int, **members: Any) -> frames.Synced:
    entry = {"room": "r", "from": first, "to": last, **members}
    return frames.Synced(rooms=[msgspec.convert(entry, frames.SyncedRoom)], ref=ref)


class Device:
    """A core that was welcomed at 0 with some rooms, what it asked and what it gave out."""

    def __init__(self, *rooms: Any) -> None:
        self.core = Core(random=lambda: 0.0)
        self.asked: list[Sync] = []
        self.given: list[int] = []
        self.hear(welcome(*rooms), 0)

    def hear(self, frame: frames.ServerFrame, now: float) -> None:
        self.core.receive(frame, now)
        self.collect()

    def wait(self, now: float) -> None:
        self.core.tick(now)
        self.collect()

    def collect(self) -> None:
        output = self.core.take_output()
        self.asked += [one for one in output.commands if isinstance(one, Sync)]
        self.given += [one.seq for one in output.messages]

    @property
    def cursors(self) -> list[dict[str, int]]:
        return [dict(one.cursors) for one in self.asked]


@pytest.fixture
def behind() -> Device:
    """A device that holds up to 3 of 6 messages."""
    return Device(fakes.room("r", last_seq=6, delivered_seq=3))


def test_what_the_replay_brings_is_never_asked_for(behind):
    for seq in (4, 5, 6):
        behind.hear(message(seq), 0.3 * seq)
        behind.wait(0.3 * seq + MOMENT_S)

    behind.hear(frames.Drained(count=3), 2)
    for now in range(2, 60):
        behind.wait(now)

    assert behind.given == [4, 5, 6]
    assert behind.asked == []


def test_what_is_missing_once_all_was_replayed_is_asked_for_at_once(behind):
    behind.hear(frames.Drained(), 0.1)

    assert behind.cursors == [{"r": 3}]


def test_what_is_missing_is_asked_for_after_two_seconds_without_a_queue(behind):
    behind.wait(2 - MOMENT_S)
    early = behind.cursors
    behind.wait(2)

    assert early == []
    assert behind.cursors == [{"r": 3}]


def test_a_replay_that_stops_in_the_middle_is_waited_for_two_seconds(behind):
    behind.hear(message(4), 1.9)
    behind.wait(3.9 - MOMENT_S)
    early = behind.cursors
    behind.wait(3.9)

    assert early == []
    assert behind.cursors == [{"r": 4}]


def test_live_messages_do_not_prolong_the_wait_for_a_replay(behind):
    for now in (0.5, 1.0, 1.5):
        behind.hear(message(7 + int(now * 2)), now)
    behind.wait(2)

    assert behind.cursors == [{"r": 3}]


def test_messages_that_are_held_already_prolong_it_because_more_may_follow(behind):
    behind.hear(message(4), 0.5)
    behind.hear(message(4), 1.5)
    behind.wait(3.5 - MOMENT_S)

    assert behind.asked == []


def test_a_hole_in_what_is_live_waits_for_the_replay_and_then_as_long_as_ever():
    device = Device(fakes.room("r", last_seq=3, delivered_seq=3))
    device.hear(message(5), 0.1)
    device.wait(1)
    device.hear(message(8, "r"), 1.2)
    device.hear(message(4), 1.3)
    device.hear(frames.Drained(), 1.4)
    device.wait(1.8 - MOMENT_S)
    early = device.cursors
    device.wait(1.8)

    assert early == []
    assert device.cursors == [{"r": 5}]


def test_a_hole_long_after_the_welcome_is_half_a_second_old_when_it_is_asked_for():
    device = Device(fakes.room("r", last_seq=3, delivered_seq=3))
    device.hear(message(3), 50)
    device.hear(message(5), 50)
    device.wait(50.5 - MOMENT_S)
    early = device.cursors
    device.wait(50.5)

    assert early == []
    assert device.cursors == [{"r": 3}]


def test_a_second_replay_changes_nothing_about_a_question_that_is_on_its_way(behind):
    behind.hear(frames.Drained(), 0.1)
    behind.hear(frames.Drained(count=1), 0.2)
    behind.wait(5)

    assert behind.cursors == [{"r": 3}]


def test_the_pages_of_a_sync_follow_each_other(behind):
    behind.hear(frames.Drained(), 0.1)
    behind.hear(message(4), 0.2)
    behind.hear(synced(behind.asked[-1].ref, 4, 4, has_more=True), 0.2)
    behind.hear(message(5), 0.3)
    behind.hear(message(6), 0.3)
    behind.hear(synced(behind.asked[-1].ref, 5, 6), 0.3)
    behind.wait(60)

    assert behind.cursors == [{"r": 3}, {"r": 4}]
    assert behind.given == [4, 5, 6]


def test_a_room_that_is_read_over_http_during_a_replay_is_waited_for_as_well(behind):
    far = msgspec.convert(fakes.room("far", last_seq=2), frames.Room)
    behind.hear(message(1, "far"), 0.1)
    behind.core.learn([far], 0.2)
    behind.hear(message(2, "far"), 1.9)
    behind.wait(3.9 - MOMENT_S)

    assert behind.asked == []
    assert behind.given == [1, 2]


def test_every_connection_has_its_own_replay(behind):
    behind.hear(frames.Drained(), 0.1)
    behind.core.disconnected(0.2)
    behind.hear(welcome(fakes.room("r", last_seq=7, delivered_seq=3)), 1)
    behind.wait(3 - MOMENT_S)
    before = len(behind.asked)
    behind.wait(3)

    assert before == 1
    assert behind.cursors == [{"r": 3}, {"r": 3}]


def test_nothing_is_asked_without_a_connection(behind):
    behind.core.disconnected(1)

    behind.wait(60)

    assert behind.asked == []
