import datetime as dt

import pytest

from libs.common.errors import ClientIdReused, PermissionDenied
from services.chat.domain.drafts import Draft, Stored
from services.chat.writer.waiting import BATCH, WaitingLine

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def draft(room, name, content="x", reply_to=None):
    return Draft(room, "sender", name, content, reply_to)


def joined(line, *drafts):
    """Let drafts wait; return the list into which their outcomes come."""
    outcomes: list[object] = []
    for each in drafts:
        line.join(each, outcomes.append, now_s=0.0)
    return outcomes


def names(batch):
    return [waiting.draft.client_id for waiting in batch]


@pytest.fixture
def line():
    return WaitingLine()


def test_a_batch_comes_in_order_of_arrival(line):
    joined(line, draft("r", "a"), draft("q", "b"), draft("r", "c"))

    assert names(line.take_batch()) == ["a", "b", "c"]
    assert (line.ready, len(line)) == (0, 3)


def test_a_batch_has_its_limit(line):
    joined(line, *(draft("r", str(number)) for number in range(BATCH + 3)))

    assert len(line.take_batch()) == BATCH
    assert names(line.take_batch()) == [str(number) for number in range(BATCH, BATCH + 3)]


def test_what_is_put_back_comes_first_and_in_order_without_what_is_done(line):
    joined(line, draft("r", "a"), draft("r", "b"), draft("r", "c"))
    batch = line.take_batch()
    joined(line, draft("r", "d"))
    line.settle(batch[1], Stored("r", 1, AT))

    line.put_back(batch)

    assert names(line.take_batch()) == ["a", "c", "d"]


def test_the_same_message_again_shares_the_outcome_as_a_duplicate(line):
    first = joined(line, draft("r", "a"))
    [waiting] = line.take_batch()
    again = joined(line, draft("r", "a"), draft("r", "a"))

    line.settle(waiting, Stored("r", 5, AT))

    assert first == [Stored("r", 5, AT)]
    assert again == [Stored("r", 5, AT, duplicate=True)] * 2
    assert (line.ready, len(line)) == (0, 0)


def test_the_same_message_again_shares_a_refusal(line):
    error = PermissionDenied()
    first, again = joined(line, draft("r", "a")), joined(line, draft("r", "a"))

    line.settle(line.take_batch()[0], error)

    assert (first, again) == ([error], [error])


@pytest.mark.parametrize("other", [draft("r", "a", "other"), draft("r", "a", reply_to=1)])
def test_another_message_under_the_same_client_id_is_refused_once_the_first_is_stored(line, other):
    joined(line, draft("r", "a"))
    outcomes = joined(line, other)
    batch = line.take_batch()
    early = list(outcomes)

    line.settle(batch[0], Stored("r", 1, AT))

    assert (names(batch), early) == (["a"], [])
    assert [type(outcome) for outcome in outcomes] == [ClientIdReused]
    assert len(line) == 0


def test_another_message_under_the_same_client_id_has_its_turn_if_the_first_does_not_stand(line):
    first = joined(line, draft("r", "a", "first"))
    others = joined(line, draft("r", "a", "other"), draft("r", "a", "other"))
    line.settle(line.take_batch()[0], ClientIdReused())

    [waiting] = line.take_batch()
    line.settle(waiting, Stored("r", 1, AT, duplicate=True))

    assert [type(outcome) for outcome in first] == [ClientIdReused]
    assert waiting.draft.content == "other"
    assert others == [Stored("r", 1, AT, duplicate=True)] * 2


def test_only_the_first_outcome_counts(line):
    outcomes = joined(line, draft("r", "a"))
    [waiting] = line.take_batch()

    line.settle(waiting, Stored("r", 1, AT))
    line.settle(waiting, PermissionDenied())

    assert outcomes == [Stored("r", 1, AT)]


def test_a_locked_room_steps_aside_with_all_that_comes_after(line):
    joined(line, draft("r", "a"))
    refused = line.take_batch()
    joined(line, draft("r", "b"), draft("q", "c"))

    line.step_aside("r", refused, now_s=1.0)
    joined(line, draft("r", "d"))

    assert line.ready == 1
    assert names(line.locked["r"].waiting) == ["a", "b", "d"]


def test_locked_rooms_are_tried_with_each_batch_until_somebody_patient_has_them(line):
    joined(line, draft("r", "a"))
    line.step_aside("r", line.take_batch(), now_s=1.0)
    joined(line, draft("q", "b"))

    first = line.take_batch()
    line.put_back(first)
    line.locked["r"].patient = True

    assert names(first) == ["a", "b"]
    assert names(line.take_batch()) == ["b"]


def test_a_room_that_is_refused_again_keeps_its_order_and_the_time_since_which_it_is(line):
    joined(line, draft("r", "a"), draft("r", "b"))
    line.step_aside("r", line.take_batch(), now_s=1.0)
    refused = line.take_batch()
    joined(line, draft("r", "c"))

    line.step_aside("r", refused, now_s=2.0)

    assert names(line.locked["r"].waiting) == ["a", "b", "c"]
    assert line.locked["r"].since_s == 1.0


def test_a_room_that_is_free_again_waits_in_front(line):
    joined(line, draft("r", "a"), draft("r", "b"))
    line.step_aside("r", line.take_batch(), now_s=1.0)
    joined(line, draft("q", "c"))

    line.rejoin("r")
    line.rejoin("r")

    assert line.locked == {}
    assert names(line.take_batch()) == ["a", "b", "c"]


def test_those_who_have_their_outcome_are_forgotten_wherever_they_wait(line):
    joined(line, draft("r", "a"), draft("r", "b"))
    line.step_aside("r", line.take_batch(), now_s=1.0)
    joined(line, draft("q", "c"), draft("q", "d"))
    for waiting in line.everybody():
        if waiting.draft.client_id in {"a", "c"}:
            line.settle(waiting, PermissionDenied())

    line.forget_settled()

    assert names(line.everybody()) == ["d", "b"]
    assert len(line) == 2


def test_it_tells_whether_a_message_waits_already(line):
    joined(line, draft("r", "a"))

    assert draft("r", "a", "other") in line
    assert draft("q", "a") not in line
