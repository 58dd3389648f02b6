"""Whom the writer takes in, and when it refuses. Nothing is written here."""

import datetime as dt

import pytest

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from services.chat.domain.drafts import Draft
from services.chat.writer import Writer
from services.chat.writer.waiting import BATCH
from services.chat.writer.writer import MAX_WAITING, REFUSE_AFTER_S, RETRY_AFTER_S


class Desk:
    """A writer that does not work, and what it answered."""

    def __init__(self):
        self.clock = ManualClock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        self.answers = []
        self.writer = Writer(
            dsn="",
            clock=self.clock,
            collect_s=0.0,
            on_written=lambda _: None,
            take_published=list,
            put_back_published=lambda _: None,
        )

    def submit(self, number):
        draft = Draft(
            room="room",
            sender="ann",
            client_id=str(number),
            content="x",
            reply_to=None,
            session="s",
        )
        self.writer.submit(draft, self.answers.append)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def long_queue(desk):
    """More than go into one transaction."""
    for number in range(BATCH + 1):
        desk.submit(-number)


def test_a_few_that_wait_for_long_are_no_queue(desk):
    for number in range(BATCH):
        desk.submit(number)
    desk.clock.advance(10)
    desk.submit(BATCH)

    assert (desk.answers, desk.writer.backlog) == ([], BATCH + 1)


@pytest.mark.usefixtures("long_queue")
def test_behind_a_queue_whose_first_has_waited_for_long_nobody_new_is_taken_in(desk):
    desk.clock.advance(REFUSE_AFTER_S - 0.1)
    desk.submit(1)
    taken = desk.answers[:]
    desk.clock.advance(0.1)
    desk.submit(2)

    (refused,) = desk.answers
    assert taken == []
    assert isinstance(refused, Unavailable)
    assert refused.retry_after_s is not None
    assert RETRY_AFTER_S[0] <= refused.retry_after_s <= RETRY_AFTER_S[1]
    assert desk.writer.queued_s == REFUSE_AFTER_S


@pytest.mark.usefixtures("long_queue")
def test_what_waits_already_may_be_sent_again(desk):
    desk.clock.advance(REFUSE_AFTER_S)
    desk.submit(0)

    assert desk.answers == []


def test_above_so_many_nobody_is_taken_in(desk):
    for number in range(MAX_WAITING + 3):
        desk.submit(number)

    assert [type(each) for each in desk.answers] == [Unavailable] * 3


@pytest.mark.usefixtures("long_queue")
def test_who_is_refused_together_does_not_come_back_together(desk):
    desk.clock.advance(REFUSE_AFTER_S)
    for number in range(1, 50):
        desk.submit(number)

    assert len({each.retry_after_s for each in desk.answers}) > 25
