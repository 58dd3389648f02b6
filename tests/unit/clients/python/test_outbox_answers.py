"""What answers, refusals and deadlines make of messages on their way."""

from dataclasses import replace

import pytest

from clients.python.parley.commands import Retry, SendMessage
from clients.python.parley.errors import BadFrame, Internal, PermissionDenied, Timeout, Unavailable
from clients.python.parley.pending import Road, Standing
from tests.unit.clients.python.outbox_steps import (
    add,
    contents,
    frames,
    miss,
    queue,
    requests,
    standings,
)


def test_what_was_queued_is_settled_by_an_answer_without_a_ref(outbox):
    pending = queue(outbox, "a")

    client_id = pending.draft.client_id.upper()
    stored = outbox.acknowledged(None, room="r", client_id=client_id, now=9)

    assert stored == [pending]
    assert [one.standing.value for one in outbox.changes] == ["pending", "queued", "sent"]


def test_of_two_answers_to_what_is_queued_and_tried_the_first_one_settles_it(outbox):
    pending = queue(outbox, "a")
    named = {"room": "r", "client_id": pending.draft.client_id}
    outbox.connected(now=1)
    frames(outbox, now=1)

    stored = outbox.acknowledged(None, **named, now=1)
    again = outbox.acknowledged(pending.ref, **named, now=1)

    assert (stored, again) == ([pending], [])


def test_only_what_was_offered_to_the_queue_is_settled_by_its_answer(outbox):
    pending = add(outbox, "a")
    named = {"room": "r", "client_id": pending.draft.client_id}
    frames(outbox, now=0)
    outbox.refused(pending.ref, Unavailable(), now=0)
    miss(outbox)

    before = outbox.acknowledged(None, **named, now=0)
    miss(outbox, error=Timeout())  # it was taken, and that was not heard
    after = outbox.acknowledged(None, **named, now=0)

    assert (before, after) == ([], [pending])


@pytest.mark.parametrize("other", [{"content": "b"}, {"reply_to": 3}, {"room": "s"}])
def test_what_is_stored_settles_what_says_the_same_under_its_client_id(outbox, other):
    pending = add(outbox, "a")
    frames(outbox, now=0)
    same = replace(pending.draft, client_id=pending.draft.client_id.upper())

    by_another = outbox.stored(replace(same, **other), now=0)
    by_itself = outbox.stored(same, now=0)

    assert (by_another, by_itself) == ([], [pending])
    assert len(outbox) == 0


def test_a_late_answer_to_a_message_that_is_gone_changes_nothing(outbox):
    pending = add(outbox, "a")
    outbox.forget(pending.ref)

    assert outbox.acknowledged(pending.ref, room="r", client_id="c", now=0) == []
    outbox.refused(pending.ref, Unavailable(), now=0)
    outbox.refused(pending.ref, BadFrame(), now=0)
    assert outbox.refusals == []
    assert [one.standing for one in outbox.changes][-1] is Standing.FAILED


@pytest.mark.parametrize("error", [Internal(), Timeout(), PermissionDenied()])
def test_what_the_queue_gave_up_waits_for_a_hand_whatever_it_failed_of(outbox, error):
    pending = queue(outbox, "a")
    pending.is_kept = True

    outbox.failed("r", pending.draft.client_id, error)
    [failed] = outbox
    outbox.connected(now=9)
    by_itself = frames(outbox, now=9)
    retried = outbox.retry(pending.draft.client_id, now=9)

    assert (failed.standing, failed.goes_again, failed.error) == (Standing.FAILED, False, error)
    assert outbox.changes[-2] == failed
    assert outbox.refusals == [(pending, error)]
    assert (by_itself, retried) == ([], True)
    assert contents(frames(outbox, now=9)) == ["a"]


def test_what_chat_refuses_of_the_queued_fails_once_and_by_hand_begins_anew(outbox):
    pending = queue(outbox, "a")
    pending.is_kept = True
    outbox.connected(now=1)
    frames(outbox, now=1)
    outbox.refused(pending.ref, PermissionDenied(), now=1)

    outbox.failed("r", pending.draft.client_id, PermissionDenied())
    outbox.retry(pending.draft.client_id, now=2)

    told = [one.standing.value for one in outbox.changes]
    assert told == ["pending", "queued", "failed", "pending"]
    assert len(outbox.refusals) == 1


def test_what_chat_refused_stays_failed_where_the_queue_takes_it_late(outbox):
    pending = add(outbox, "a", is_kept=True)
    named = {"room": "r", "client_id": pending.draft.client_id}
    frames(outbox, now=0)
    outbox.refused(pending.ref, Unavailable(), now=0)
    miss(outbox)
    [request] = requests(outbox, now=0)
    outbox.connected(now=1)
    frames(outbox, now=1)
    outbox.refused(pending.ref, PermissionDenied(), now=1)

    outbox.queued(request, now=2)
    outbox.failed("r", pending.draft.client_id, PermissionDenied())
    told = [one.standing.value for one in outbox.changes]
    stands = standings(outbox)
    stored = outbox.acknowledged(None, **named, now=3)

    assert (told, stands) == (["pending", "failed"], ["failed"])
    assert len(outbox.refusals) == 1
    assert stored == [pending]  # all the same: it was let into the room


def test_a_failed_message_is_retried_or_discarded_by_hand(outbox):
    pending = add(outbox, "a", is_kept=True)
    frames(outbox, now=0)
    outbox.refused(pending.ref, BadFrame(), now=0)
    failed = standings(outbox)

    retried = outbox.retry(pending.draft.client_id.upper(), now=1)
    [command] = frames(outbox, now=1)
    outbox.refused(pending.ref, BadFrame(), now=1)
    discarded = outbox.discard(pending.draft.client_id)

    assert (failed, retried, discarded) == (["failed"], True, True)
    assert isinstance(command, SendMessage | Retry)
    assert len(outbox) == 0
    assert not outbox.retry(pending.draft.client_id, now=2)
    assert not outbox.discard(pending.draft.client_id)


def test_a_refusal_ends_the_message_and_lets_the_others_go_on(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)
    outbox.refused(pending.ref, Unavailable(), now=0)
    add(outbox, "b")

    miss(outbox, error=BadFrame())

    assert [one for one, _ in outbox.refusals] == [pending]
    assert contents(frames(outbox, now=0)) == ["b"]


def test_a_bug_of_the_server_counts_as_an_outage(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)

    outbox.refused(pending.ref, Internal(), now=0)

    assert contents(requests(outbox, now=0)) == ["a"]


def test_a_deadline_ends_the_waiting_and_names_the_client_id(outbox):
    pending = add(outbox, "a", deadline=30)
    frames(outbox, now=0)
    outbox.refused(pending.ref, Unavailable("down"), now=0)

    early, [(late, error)] = outbox.expired(now=29), outbox.expired(now=30)

    assert early == []
    assert late is pending
    assert error.client_id == pending.draft.client_id
    assert isinstance(error.cause, Unavailable)
    assert not error.is_queued
    assert len(outbox) == 0


def test_a_deadline_does_not_take_back_what_is_queued(outbox):
    pending = queue(outbox, "a")
    pending.deadline = 30

    [(_, error)] = outbox.expired(now=30)

    assert error.is_queued
    assert standings(outbox) == ["queued"]
    assert outbox.expired(now=31) == []


def test_what_is_taken_out_at_its_deadline_or_by_its_sender_does_not_go_again(outbox):
    add(outbox, "a", deadline=30)
    forgotten = add(outbox, "b")
    frames(outbox, now=0)

    outbox.expired(now=30)
    outbox.forget(forgotten.ref)

    ends = [(one.content, one.standing, one.goes_again) for one in outbox.changes[2:]]
    assert ends == [("a", Standing.FAILED, False), ("b", Standing.FAILED, False)]
    assert len(outbox) == 0


def test_what_the_queue_holds_is_not_left_to_it_twice(outbox):
    pending = queue(outbox, "a")
    outbox.connected(now=1)
    frames(outbox, now=1)

    outbox.refused(pending.ref, Unavailable(), now=1)
    again = miss(outbox, now=1)

    assert again.road is Road.HTTP
    assert requests(outbox, now=1) == []
    assert standings(outbox) == ["queued"]
