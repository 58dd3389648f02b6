"""Messages on their way: order, repetition, deadlines."""

import pytest

from clients.python.parley.commands import Command, Retry, SendMessage
from clients.python.parley.errors import BadFrame, RateLimited, Unavailable
from clients.python.parley.outbox import ANSWER_WITHIN_S, Draft, Outbox, Pending
from clients.python.parley.pace import Pace


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(random=lambda: 0.0, pace=Pace())


def add(outbox: Outbox, content: str, room: str = "r", deadline: float = 1000.0) -> Pending:
    return outbox.add(Draft(room=room, content=content), now=0, deadline=deadline)


def contents(commands: list[Command]) -> list[str]:
    return [c.content for c in commands if isinstance(c, SendMessage | Retry)]


def test_drafts_go_out_in_the_order_in_which_they_were_added(outbox):
    for content in ("a", "b", "c"):
        add(outbox, content)

    commands = outbox.due(now=0)

    assert contents(commands) == ["a", "b", "c"]
    assert all(isinstance(command, SendMessage) for command in commands)
    assert outbox.due(now=0) == []


def test_a_repetition_on_the_same_connection_is_a_retry_with_the_same_client_id(outbox):
    pending = add(outbox, "a")
    [first] = outbox.due(now=0)
    outbox.refused(pending.ref, Unavailable(retry_after_s=2), now=0)

    too_early, [second] = outbox.due(now=1.9), outbox.due(now=2)

    assert too_early == []
    assert isinstance(second, Retry)
    assert second.attempt == 1
    assert second.client_id == first.client_id


def test_the_attempt_of_a_retry_stays_within_the_protocols_range(outbox):
    pending = add(outbox, "a")
    attempts = []
    for now in range(0, 100, 20):
        attempts += [getattr(command, "attempt", 0) for command in outbox.due(now=now)]
        outbox.refused(pending.ref, Unavailable(), now=now)

    assert attempts == [0, 1, 2, 3, 3]


def test_after_a_lost_connection_everything_unanswered_is_sent_anew_in_order(outbox):
    for content in ("a", "b", "c"):
        add(outbox, content)
    [_, second, _] = outbox.due(now=0)
    outbox.acknowledged(second.ref, room="r", client_id=second.client_id)

    outbox.disconnected(now=1)
    commands = outbox.due(now=1)

    assert contents(commands) == ["a", "c"]
    assert all(isinstance(command, SendMessage) for command in commands)


def test_later_messages_of_a_room_wait_behind_one_that_is_repeated(outbox):
    pending = add(outbox, "a")
    outbox.due(now=0)
    outbox.refused(pending.ref, Unavailable(retry_after_s=5), now=0)
    add(outbox, "b")
    add(outbox, "elsewhere", room="other")

    meanwhile, later = outbox.due(now=1), outbox.due(now=5)

    assert contents(meanwhile) == ["elsewhere"]
    assert contents(later) == ["a", "b"]


def test_an_unanswered_try_is_repeated(outbox):
    add(outbox, "a")
    outbox.due(now=0)

    early, late = outbox.due(now=ANSWER_WITHIN_S - 0.1), outbox.due(now=ANSWER_WITHIN_S)

    assert early == []
    assert isinstance(late[0], Retry)


def test_a_refusal_that_cannot_be_repeated_ends_the_message(outbox):
    pending = add(outbox, "a")
    outbox.due(now=0)

    failed = outbox.refused(pending.ref, BadFrame(), now=0)

    assert failed is pending
    assert len(outbox) == 0


def test_a_rate_limit_holds_every_room_back(outbox):
    pending = add(outbox, "a")
    outbox.due(now=0)
    outbox.refused(pending.ref, RateLimited(retry_after_s=3), now=0)
    add(outbox, "b", room="other")

    assert outbox.due(now=2.9) == []
    assert contents(outbox.due(now=3)) == ["a", "b"]


def test_a_deadline_ends_the_waiting_and_names_the_client_id(outbox):
    pending = add(outbox, "a", deadline=30)
    outbox.due(now=0)
    outbox.refused(pending.ref, Unavailable("down"), now=0)

    early, [(late, error)] = outbox.expired(now=29), outbox.expired(now=30)

    assert early == []
    assert late is pending
    assert error.client_id == pending.draft.client_id
    assert isinstance(error.cause, Unavailable)
    assert len(outbox) == 0


def test_an_answer_without_a_ref_is_found_by_its_client_id(outbox):
    pending = add(outbox, "a")
    outbox.due(now=0)

    answered = outbox.acknowledged(None, room="r", client_id=pending.draft.client_id.upper())

    assert answered == [pending]
    assert len(outbox) == 0


def test_a_late_answer_to_a_message_that_is_gone_changes_nothing(outbox):
    pending = add(outbox, "a")
    outbox.forget(pending.ref)

    assert outbox.acknowledged(pending.ref, room="r", client_id="c") == []
    assert outbox.refused(pending.ref, Unavailable(), now=0) is None


def test_sends_keep_to_the_announced_pace():
    pace = Pace()
    pace.limit(rate_per_s=20, burst=3, now=0)
    outbox = Outbox(random=lambda: 0.0, pace=pace)
    for number in range(30):
        add(outbox, str(number))

    burst, after_a_second = outbox.due(now=0), outbox.due(now=0.1) + outbox.due(now=0.2)

    assert contents(burst) == ["0", "1", "2"]
    assert contents(after_a_second) == ["3", "4", "5"]


def test_what_is_repeated_comes_before_what_was_added_later_and_still_waits():
    pace = Pace()
    pace.limit(rate_per_s=1, burst=1, now=0)
    outbox = Outbox(random=lambda: 0.0, pace=pace)
    first = add(outbox, "a")
    add(outbox, "b")
    outbox.due(now=0)

    outbox.refused(first.ref, Unavailable(), now=0)

    assert contents(outbox.due(now=5)) == ["a"]
    assert contents(outbox.due(now=10)) == ["b"]
