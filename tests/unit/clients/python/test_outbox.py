"""Messages on their way: order, roads, and when they go again."""

import itertools

import pytest

from clients.python.parley.commands import Retry, SendMessage
from clients.python.parley.errors import OutboxFull, Unavailable
from clients.python.parley.outbox import Outbox
from clients.python.parley.pace import Pace
from clients.python.parley.pending import RETRIES, Pending, Road
from clients.python.parley.traffic import ANSWER_WITHIN_S, MOST_REQUESTS, RETURN_WITHIN_S
from tests.unit.clients.python.outbox_steps import (
    add,
    contents,
    frames,
    miss,
    queue,
    requests,
    standings,
    strand,
)


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


def test_more_than_the_outbox_holds_is_not_taken_on():
    outbox = Outbox(random=lambda: 0.0, pace=Pace(), limit=2)
    add(outbox, "a")
    add(outbox, "b")

    with pytest.raises(OutboxFull):
        add(outbox, "c")

    assert len(outbox) == 2
