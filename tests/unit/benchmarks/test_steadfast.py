"""Somebody whose line breaks: they come back, and nothing that they said or had is forgotten."""

import asyncio

import pytest

from benchmarks.load.dialects import Heard, Room
from benchmarks.load.line import CannotOpen
from benchmarks.load.steadfast import Steadfast
from benchmarks.load.tally import Tally
from tests.unit.benchmarks.fake_line import fake_line, message


class FakeStage:
    """Opens lines, after it has refused some."""

    def __init__(self, *, refusals=0, delivered_seq=0):
        self.line = fake_line()
        self.line.room = Room(delivered_seq=delivered_seq)
        self.refusals = refusals
        self.opened = asyncio.Event()

    async def open(self, _person):
        if self.refusals:
            self.refusals -= 1
            raise CannotOpen("refused")
        self.opened.set()
        return self.line


@pytest.fixture
def tally():
    return Tally()


def talker_at(stage, tally):
    talker = Steadfast(fake_line(), tally, others=1)
    talker.stage = stage
    talker.first_within_s = 0.0
    return talker


async def come_back(talker, stage):
    talker.line.on_lost(1006)
    await stage.opened.wait()
    await asyncio.wait({talker._returning})


async def test_what_has_no_answer_is_sent_again_under_its_client_id_and_what_has_is_not(tally):
    stage = FakeStage()
    talker = talker_at(stage, tally)
    for due_ns in (1, 2, 3):
        talker.say(due_ns)
    first, second, third = (sent["client_id"] for sent in talker.line.of("message"))
    talker.hear(Heard(type="ack", room="r", client_id=second, seq=1))

    await come_back(talker, stage)

    assert talker.line is stage.line
    assert [sent["client_id"] for sent in stage.line.of("message")] == [first, third]
    assert (tally.counts["sent"], tally.counts["cut off"], tally.counts["back"]) == (3, 1, 1)


@pytest.mark.parametrize(("delivered_seq", "reports"), [(4, 1), (5, 0)])
async def test_what_was_reported_to_nobody_is_reported_again(tally, delivered_seq, reports):
    stage = FakeStage(delivered_seq=delivered_seq)
    talker = talker_at(stage, tally)
    talker.hear(message(5))
    talker._quiet_until_s = 0.0

    await come_back(talker, stage)

    assert len(stage.line.of("delivered")) == reports
