"""Somebody who writes, reports what comes, and counts what it was."""

import pytest

from benchmarks.load.dialects import Heard, Mark
from benchmarks.load.talker import Talker
from benchmarks.load.tally import Tally
from tests.unit.benchmarks.fake_line import fake_line, message


@pytest.fixture
def tally():
    return Tally()


@pytest.fixture
async def talker(tally):
    return Talker(fake_line(), tally, others=3)


def ack(talker, seq):
    (*_, sent) = talker.line.of("message")
    talker.hear(Heard(type="ack", room="r", client_id=sent["client_id"], seq=seq))


async def test_what_is_acknowledged_is_to_be_received_by_all_others(talker, tally):
    talker.say(0)
    ack(talker, seq=1)

    assert talker.waiting == 0
    assert (tally.counts["acked"], tally.counts["to be received"]) == (1, 3)


async def test_what_is_received_is_reported(talker):
    talker.hear(message(1))

    assert talker.line.of("delivered") == [{"type": "delivered", "room": "r", "seq": 1}]


async def test_what_comes_twice_or_behind_counts_as_that(talker, tally):
    for seq in (2, 2, 1):
        talker.hear(message(seq))

    assert tally.counts["received"] == 2
    assert (tally.counts["again"], tally.counts["behind a later one"]) == (1, 1)


async def test_what_was_there_before_does_not_count(tally):
    talker = Talker(fake_line(head=5), tally, others=1)

    talker.hear(message(5))
    talker.hear(message(6))

    assert tally.counts["received"] == 1


async def test_it_is_delivered_when_the_lowest_of_the_others_has_it(talker, tally):
    talker.say(0)
    ack(talker, seq=1)
    for lowest in (0, 1):
        marks = [Mark(user="me", delivered_seq=1), Mark(user="other", delivered_seq=lowest)]
        talker.hear(Heard(type="status", room="r", lowest=marks))

    assert tally.counts["delivered"] == 1


async def test_who_comes_back_asks_for_what_is_missing_after_drained(talker, tally):
    talker.hear(message(1))
    talker.go_away()
    talker.come_back(fake_line(head=3), since_ns=100)
    talker.hear(message(2))
    talker.hear(Heard(type="drained"))

    assert talker.line.of("sync") == [{"type": "sync", "cursors": {"r": 2}}]


async def test_what_is_offered_again_to_who_was_away_is_no_trouble(talker, tally):
    talker.go_away()
    talker.come_back(fake_line(head=2), since_ns=100)
    for seq in (2, 1, 2):
        talker.hear(message(seq))

    assert tally.counts["received"] == 2
    assert "again" not in tally.counts
    assert "behind a later one" not in tally.counts
