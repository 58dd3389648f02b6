"""Somebody who writes no more than the server can take."""

import pytest

from benchmarks.load.dialects import Heard
from benchmarks.load.patient import WINDOW, Patient
from benchmarks.load.tally import Tally
from tests.unit.benchmarks.fake_line import fake_line

FOR_EVER_S = 3600.0


@pytest.fixture
async def writer():
    return Patient(fake_line(), Tally())


def refuse(writer, client_id, retry_after):
    refusal = Heard(type="error", code="unavailable", client_id=client_id, retry_after=retry_after)
    writer.hear(refusal)


def sent(writer):
    return [frame["client_id"] for frame in writer._line.of("message")]


async def test_no_more_fly_than_the_window_holds(writer):
    for _ in range(WINDOW + 1):
        writer.say(1)

    assert len(sent(writer)) == WINDOW
    writer.hear(Heard(type="ack", client_id=sent(writer)[0]))
    assert len(sent(writer)) == WINDOW + 1


async def test_who_was_refused_is_silent_for_as_long_as_was_asked(writer):
    writer.say(1)
    refuse(writer, sent(writer)[0], FOR_EVER_S)
    writer.say(2)

    assert len(sent(writer)) == 1


async def test_what_was_refused_goes_first_and_alone_under_the_same_client_id(writer):
    writer.say(1)
    writer.say(2)
    first, _ = sent(writer)
    refuse(writer, first, 0.0)
    writer.say(3)
    writer.hear(Heard(type="ack", client_id=sent(writer)[1]))

    assert sent(writer)[2] == first


async def test_only_what_belongs_to_a_step_counts():
    tally = Tally()
    writer = Patient(fake_line(), tally)
    for step in ("", "500/s"):
        writer.step = step
        writer.say(1)
        writer.hear(Heard(type="ack", client_id=sent(writer)[-1]))

    assert dict(tally.counts) == {"acked, 500/s": 1}
