"""Messages on their way: order, roads, deadlines."""

import itertools
from typing import Any

import pytest

from clients.python.parley.commands import Retry, SendMessage
from clients.python.parley.errors import (
    BadFrame,
    Internal,
    OutboxFull,
    ParleyError,
    RateLimited,
    Unavailable,
)
from clients.python.parley.outbox import Outbox
from clients.python.parley.pace import Pace
from clients.python.parley.pending import RETRIES, Draft, Pending, Request, Road, Standing
from clients.python.parley.traffic import ANSWER_WITHIN_S, MOST_REQUESTS, RETURN_WITHIN_S


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(random=lambda: 0.0, pace=Pace())


def add(outbox: Outbox, content: str, room: str = "r", **more: Any) -> Pending:
    draft = Draft(room=room, content=content)
    return outbox.add(draft, **{"now": 0, "deadline": 1000.0, **more})


def frames(outbox: Outbox, now: float) -> list[Any]:
    return outbox.due(now, online=True).frames


def requests(outbox: Outbox, now: float, *, online: bool = True) -> list[Request]:
    return outbox.due(now, online=online).requests


def contents(sent: list[Any]) -> list[str]:
    return [getattr(one, "draft", one).content for one in sent]


def standings(outbox: Outbox) -> list[str]:
    return [one.standing.value for one in outbox]


def miss(
    outbox: Outbox, now: float = 0, *, error: ParleyError | None = None, online: bool = True
) -> Request:
    """Let the one request that is due meet an outage, or another error."""
    [request] = requests(outbox, now, online=online)
    outbox.missed(request, error or Unavailable(), now)
    return request


def queue(outbox: Outbox, content: str, now: float = 0) -> Pending:
    """Add a message that ends with the queue service."""
    pending = add(outbox, content)
    outbox.due(now, online=True)
    outbox.refused(pending.ref, Unavailable(), now=now)
    miss(outbox, now)
    [request] = requests(outbox, now)
    outbox.queued(request, now)
    return pending


def strand(outbox: Outbox, content: str) -> Pending:
    """Add a message that fails because nothing can be reached."""
    pending = add(outbox, content)
    for climb in range(RETRIES + 1):
        now = 10.0 * climb
        outbox.due(now, online=True)
        outbox.refused(pending.ref, Unavailable(), now=now)
        miss(outbox, now)
        miss(outbox, now)
    return pending


def test_drafts_go_out_in_the_order_in_which_they_were_added(outbox):
    for content in ("a", "b", "c"):
        add(outbox, content)

    commands = frames(outbox, now=0)

    assert contents(commands) == ["a", "b", "c"]
    assert all(isinstance(command, SendMessage) for command in commands)
    assert frames(outbox, now=0) == []


def test_a_climb_takes_the_roads_in_their_order_under_one_client_id(outbox):
    pending = add(outbox, "a")
    [first] = frames(outbox, now=0)
    outbox.refused(pending.ref, Unavailable(), now=0)

    roads = [miss(outbox) for _ in range(2)]
    too_early, [second] = frames(outbox, now=0.49), frames(outbox, now=0.5)

    assert [request.road for request in roads] == [Road.HTTP, Road.QUEUE]
    assert too_early == []
    assert isinstance(second, Retry)
    assert second.attempt == 1
    assert {one.draft.client_id for one in roads} == {first.client_id} == {second.client_id}


def test_three_climbs_later_it_has_failed_and_is_not_tried_any_more(outbox):
    strand(outbox, "a")

    assert standings(outbox) == ["failed"]
    assert [one.goes_again for one in outbox] == [True]
    assert outbox.due(1000, online=True).frames == []
    assert outbox.refusals == []


def test_an_unanswered_try_goes_on_over_http(outbox):
    add(outbox, "a")
    frames(outbox, now=0)

    early, [late] = (
        requests(outbox, now=ANSWER_WITHIN_S - 0.1),
        requests(outbox, now=ANSWER_WITHIN_S),
    )

    assert early == []
    assert late.road is Road.HTTP


def test_a_lost_connection_is_waited_for_a_little_before_http_is_tried(outbox):
    add(outbox, "a")
    outbox.connected(now=0)
    frames(outbox, now=0)
    outbox.disconnected(now=1)

    soon = outbox.due(now=1 + RETURN_WITHIN_S - 0.1, online=False)
    [late] = requests(outbox, now=1 + RETURN_WITHIN_S, online=False)

    assert (soon.frames, soon.requests) == ([], [])
    assert late.road is Road.HTTP


def test_after_a_lost_connection_everything_unanswered_is_sent_anew_in_order(outbox):
    for content in ("a", "b", "c"):
        add(outbox, content)
    [_, second, _] = frames(outbox, now=0)
    outbox.acknowledged(second.ref, room="r", client_id=second.client_id, now=0)

    outbox.disconnected(now=1)
    outbox.connected(now=1)
    commands = frames(outbox, now=1)

    assert contents(commands) == ["a", "c"]
    assert all(isinstance(command, SendMessage) for command in commands)


def test_later_messages_of_a_room_wait_behind_one_that_climbs(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)
    outbox.refused(pending.ref, Unavailable(), now=0)
    add(outbox, "b")
    add(outbox, "elsewhere", room="other")

    due = outbox.due(now=0, online=True)

    assert contents(due.frames) == ["elsewhere"]
    assert contents(due.requests) == ["a"]
    assert contents(frames(outbox, now=5)) == []


def test_what_is_behind_a_queued_message_follows_it_into_the_queue(outbox):
    queue(outbox, "a")
    add(outbox, "b")

    due = outbox.due(now=0, online=True)

    assert due.frames == []
    assert [(one.draft.content, one.road) for one in due.requests] == [("b", Road.QUEUE)]


def test_when_chat_answers_again_the_queued_ones_are_sent_first(outbox):
    queue(outbox, "a")
    add(outbox, "b")
    outbox.queued(*requests(outbox, now=0), now=0)
    asked = outbox.look(now=2)
    add(outbox, "c", now=2)

    outbox.looked(now=2, chat=True, queue=True)
    commands = frames(outbox, now=2)

    assert asked
    assert contents(commands) == ["a", "b", "c"]
    assert standings(outbox) == ["queued", "queued", "pending"]


def test_what_was_queued_is_settled_by_an_answer_without_a_ref(outbox):
    pending = queue(outbox, "a")

    stored = outbox.acknowledged(None, room="r", client_id=pending.draft.client_id, now=9)

    assert stored == [pending]
    assert [one.standing.value for one in outbox.changes] == ["pending", "queued", "sent"]


def test_what_the_queue_holds_is_not_left_to_it_twice(outbox):
    pending = queue(outbox, "a")
    outbox.connected(now=1)
    frames(outbox, now=1)

    outbox.refused(pending.ref, Unavailable(), now=1)
    again = miss(outbox, now=1)

    assert again.road is Road.HTTP
    assert requests(outbox, now=1) == []
    assert standings(outbox) == ["queued"]


def test_what_stands_behind_a_message_that_nothing_takes_fails_with_it(outbox):
    add(outbox, "a")
    add(outbox, "b")
    for climb in range(RETRIES + 1):
        miss(outbox, 10 * climb, online=False)
        miss(outbox, 10 * climb, online=False)

    assert standings(outbox) == ["failed", "failed"]


def climb_in_vain(outbox: Outbox, pending: Pending, now: float) -> None:
    """Let a message be refused over the socket, and then reach nobody."""
    frames(outbox, now)
    outbox.refused(pending.ref, Unavailable(), now=now)
    miss(outbox, now)
    miss(outbox, now)


@pytest.mark.parametrize("end", ["refused", "cut off"])
def test_what_was_on_its_way_when_the_one_before_it_failed_fails_with_it(outbox, end):
    first = add(outbox, "a")
    for climb in range(RETRIES):
        climb_in_vain(outbox, first, 10 * climb)
    now = 10 * RETRIES
    frames(outbox, now)
    second = add(outbox, "b", now=now)
    climb_in_vain(outbox, first, now)
    before = standings(outbox)

    if end == "refused":
        outbox.refused(second.ref, Unavailable(), now=now)
    else:
        outbox.disconnected(now)

    assert before == ["failed", "pending"]
    assert standings(outbox) == ["failed", "failed"]
    assert requests(outbox, now=now + RETURN_WITHIN_S, online=False) == []


def test_who_writes_after_a_failed_message_takes_it_along(outbox):
    strand(outbox, "a")

    add(outbox, "b", now=50)

    assert contents(frames(outbox, now=50)) == ["a", "b"]


def test_a_new_connection_sends_what_failed_again_with_all_its_tries(outbox):
    strand(outbox, "a")

    outbox.connected(now=50)
    [command] = frames(outbox, now=50)

    assert isinstance(command, SendMessage)
    assert standings(outbox) == ["pending"]


def test_one_looks_ever_more_rarely_who_answers_and_one_look_at_a_time(outbox):
    strand(outbox, "a")
    looked, at = [], 30.0
    while at < 400:
        at += 0.5
        if outbox.look(at):
            assert not outbox.look(at)
            looked.append(at)
            outbox.looked(at, chat=False, queue=False)

    pauses = [later - earlier for earlier, later in itertools.pairwise(looked)]
    assert looked[0] == 32.0
    assert pauses[:5] == [4, 8, 16, 32, 60]
    assert set(pauses[5:]) == {60}


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


def test_a_rate_limit_is_no_try_and_holds_every_room_back(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)
    outbox.refused(pending.ref, RateLimited(retry_after_s=3), now=0)
    add(outbox, "b", room="other")

    assert outbox.due(now=2.9, online=True).frames == []
    again = frames(outbox, now=3)
    assert contents(again) == ["a", "b"]
    assert pending.tries == 0


def test_a_bug_of_the_server_counts_as_an_outage(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)

    outbox.refused(pending.ref, Internal(), now=0)

    assert contents(requests(outbox, now=0)) == ["a"]


def test_of_each_room_one_message_is_asked_for_and_of_few_rooms_at_once(outbox):
    for room in "abcdef":
        add(outbox, "first", room=room)
        add(outbox, "second", room=room)

    at_once = requests(outbox, now=0, online=False)

    assert [one.draft.room for one in at_once] == list("abcdef")[:MOST_REQUESTS]
    assert requests(outbox, now=0, online=False) == []


def test_a_new_connection_does_not_wait_for_a_request_but_a_second_one_does(outbox):
    add(outbox, "a")
    [request] = requests(outbox, now=0, online=False)
    outbox.connected(now=1)
    [command] = frames(outbox, now=1)
    outbox.refused(command.ref, Unavailable(), now=1)

    meanwhile = requests(outbox, now=1)
    outbox.missed(request, Unavailable(), 2)
    [second] = requests(outbox, now=2)

    assert command.client_id == request.draft.client_id
    assert meanwhile == []
    assert second.road is Road.HTTP


def test_what_may_not_go_over_the_socket_goes_over_http_behind_what_does(outbox):
    first = add(outbox, "a")
    add(outbox, "b", by_socket=False)

    due = outbox.due(now=0, online=True)
    outbox.acknowledged(first.ref, room="r", client_id=first.draft.client_id, now=0)

    assert (contents(due.frames), due.requests) == (["a"], [])
    assert contents(requests(outbox, now=0)) == ["b"]


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


def test_an_answer_without_a_ref_is_found_by_its_client_id(outbox):
    pending = add(outbox, "a")
    frames(outbox, now=0)

    answered = outbox.acknowledged(None, room="r", client_id=pending.draft.client_id.upper(), now=0)

    assert answered == [pending]
    assert len(outbox) == 0


def test_a_late_answer_to_a_message_that_is_gone_changes_nothing(outbox):
    pending = add(outbox, "a")
    outbox.forget(pending.ref)

    assert outbox.acknowledged(pending.ref, room="r", client_id="c", now=0) == []
    outbox.refused(pending.ref, Unavailable(), now=0)
    outbox.refused(pending.ref, BadFrame(), now=0)
    assert outbox.refusals == []
    assert [one.standing for one in outbox.changes][-1] is Standing.FAILED


def test_more_than_the_outbox_holds_is_not_taken_on():
    outbox = Outbox(random=lambda: 0.0, pace=Pace(), limit=2)
    add(outbox, "a")
    add(outbox, "b")

    with pytest.raises(OutboxFull):
        add(outbox, "c")

    assert len(outbox) == 2


def test_sends_keep_to_the_announced_pace():
    pace = Pace()
    pace.limit(rate_per_s=20, burst=3, now=0)
    outbox = Outbox(random=lambda: 0.0, pace=pace)
    for number in range(30):
        add(outbox, str(number))

    burst, after_a_second = frames(outbox, now=0), frames(outbox, now=0.1) + frames(outbox, now=0.2)

    assert contents(burst) == ["0", "1", "2"]
    assert contents(after_a_second) == ["3", "4", "5"]


def test_what_is_repeated_comes_before_what_was_added_later_and_still_waits():
    pace = Pace()
    pace.limit(rate_per_s=1, burst=1, now=0)
    outbox = Outbox(random=lambda: 0.0, pace=pace)
    first = add(outbox, "a")
    add(outbox, "b")
    frames(outbox, now=0)

    outbox.refused(first.ref, RateLimited(), now=0)

    assert contents(frames(outbox, now=2)) == ["a"]
    assert contents(frames(outbox, now=4)) == ["b"]
