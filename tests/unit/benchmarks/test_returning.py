"""Somebody who was away: in step once everything up to the heads is there."""

import pytest

from benchmarks.load.dialects import Heard, Room
from benchmarks.load.returning import Returning
from benchmarks.load.tally import Tally
from tests.unit.benchmarks.fake_line import SOMEBODY, FakeLine, message


class FakeStage:
    """Opens a line on which ``welcome`` tells these rooms."""

    def __init__(self, *rooms):
        self.tally = Tally()
        self.line = FakeLine()
        self._rooms = list(rooms)

    async def open(self, person, *, on_heard):
        on_heard(Heard(type="welcome", rooms=self._rooms))
        return self.line


def stage_with(*rooms):
    return FakeStage(*rooms)


async def back(*rooms):
    stage = stage_with(*rooms)
    person = Returning(stage, SOMEBODY)
    await person.come_back()
    return person, stage


async def test_who_missed_nothing_is_in_step_at_once():
    person, _ = await back(Room(id="r", last_seq=4, delivered_seq=4))

    assert person.in_step.is_set()


async def test_who_has_everything_in_every_room_is_in_step():
    person, stage = await back(Room(id="r", last_seq=2), Room(id="q", last_seq=1))
    steps = []
    for frame in (message(1), message(2), message(1, room="q")):
        person.hear(frame)
        steps.append(person.in_step.is_set())

    assert steps == [False, False, True]
    assert stage.tally.counts["received"] == 3


async def test_a_hole_is_asked_for_after_drained_once():
    person, stage = await back(Room(id="r", last_seq=3, delivered_seq=0))
    person.hear(message(1))
    person.hear(message(3))
    person.hear(Heard(type="drained"))
    person.hear(Heard(type="drained"))

    assert stage.line.of("sync") == [{"type": "sync", "cursors": {"r": 1}}]
    assert stage.tally.counts["out of order"] == 1


async def test_what_is_missing_after_synced_is_asked_for_again():
    person, stage = await back(Room(id="r", last_seq=2))
    person.hear(Heard(type="drained"))
    person.hear(message(1))
    person.hear(Heard(type="synced"))

    assert [frame["cursors"] for frame in stage.line.of("sync")] == [{"r": 0}, {"r": 1}]


@pytest.mark.parametrize("seqs", [(1, 1, 2), (2, 1, 2)])
async def test_a_message_counts_once(seqs):
    person, stage = await back(Room(id="r", last_seq=2))
    for seq in seqs:
        person.hear(message(seq))

    assert person.in_step.is_set()
    assert stage.tally.counts["received"] == 2
