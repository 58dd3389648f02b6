"""What becomes of messages that chat could not take: by a clock of the test, on real tables."""

import asyncio
import uuid

import pytest

from libs.common.errors import ClientIdReused, PermissionDenied, RateLimited
from libs.common.events import Outcome, OutgoingFailed, OutgoingSent
from libs.common.streams.entries import Outgoing
from services.queue.actions import outgoing
from services.queue.outbox.endings import publish_some

ANN, BOB, CAT = sorted(str(uuid.uuid4()) for _ in range(3))
AT = "2026-01-01T00:00:01.000Z"


def sent(submission, seq=1):
    return Outcome(id=submission.id, attempt=submission.attempt, seq=seq, at=AT)


def refused(submission):
    return Outcome(
        id=submission.id,
        attempt=submission.attempt,
        code="permission_denied",
        message="No member.",
        is_refusal=True,
    )


def outage(submission):
    return Outcome(
        id=submission.id, attempt=submission.attempt, code="unavailable", message="Down."
    )


async def give_up(house):
    """Let chat refuse the only message three times; return its last submission."""
    submissions = []
    for _ in range(3):
        await house.after(60)
        submissions += await house.due()
        await house.settle(refused(submissions[-1]))
    return submissions[-1]


async def told(house):
    """Return what senders are told now."""
    news: list[Outgoing] = []
    await house.threads.run(publish_some, news.extend)
    return [event for outgoing in news for event in outgoing.events]


@pytest.fixture
async def room(house):
    return await house.room(ANN, BOB, is_direct=True)


async def test_a_queued_message_is_submitted_sent_and_its_sender_told(house, room):
    client_id = await house.queue(ANN, room, "hello", reply_to=3)
    (submission,) = await house.due()
    before = await house.status(ANN)

    await house.settle(sent(submission, seq=9))

    assert (submission.room, submission.sender, submission.client_id) == (room, ANN, client_id)
    assert (submission.content, submission.reply_to) == ("hello", 3)
    assert (before.outgoing, (await house.status(ANN)).outgoing) == (1, 0)
    assert await told(house) == [
        OutgoingSent(user=ANN, room=room, client_id=client_id, seq=9, at=AT)
    ]
    assert await told(house) == []
    assert house.rows("select recipient_id::text, is_processed from queued_message") == [
        (BOB, True)
    ]


async def test_the_same_message_is_kept_once(house, room):
    client_id = await house.queue(ANN, room)
    await house.queue(ANN, room, client_id=client_id)

    assert (await house.status(ANN)).outgoing == 1
    with pytest.raises(ClientIdReused):
        await house.queue(ANN, room, "other", client_id=client_id)


async def test_who_queues_the_same_at_once_keeps_it_once(house, room):
    client_id = str(uuid.uuid4())

    await asyncio.gather(*(house.queue(ANN, room, client_id=client_id) for _ in range(8)))

    assert len(await house.due()) == 1


async def test_whoever_is_no_member_is_refused(house, room):
    with pytest.raises(PermissionDenied):
        await house.queue(CAT, room)


async def test_messages_of_a_line_are_submitted_one_after_the_other(house, room):
    ids = [await house.queue(ANN, room, str(number)) for number in range(3)]
    order = []
    while due := await house.due():
        (submission,) = due
        order.append(submission.client_id)
        assert await house.due() == []
        await house.settle(sent(submission))

    assert order == ids


async def test_other_lines_do_not_wait(house, room):
    other = await house.room(ANN, CAT)
    for sender, place in ((ANN, room), (ANN, other), (BOB, room)):
        await house.queue(sender, place)
        await house.queue(sender, place)

    due = await house.due()

    assert {(each.sender, each.room) for each in due} == {(ANN, room), (ANN, other), (BOB, room)}
    assert len(due) == 3


async def test_three_refusals_make_a_dead_letter_and_the_next_goes_on(house, room):
    client_id = await house.queue(ANN, room, "first")
    await house.queue(ANN, room, "second")
    pauses_s = []
    for _ in range(3):
        waited_s = 0.0
        while not (due := await house.due()):
            await house.after(0.25)
            waited_s += 0.25
        pauses_s.append(waited_s)
        assert due[0].content == "first"
        await house.settle(refused(due[0]))

    (following,) = await house.due()
    (event,) = await told(house)

    assert following.content == "second"
    assert pauses_s[0] == 0
    assert pauses_s[1] < pauses_s[2]
    assert event == OutgoingFailed(
        user=ANN, room=room, client_id=client_id, code="permission_denied", message="No member."
    )
    assert house.rows(
        "select queue_type, retry_count, ending, is_processed from queued_message where content"
        " = 'first'"
    ) == [("retry", 3, "failed", True)]


async def test_refused_messages_are_shown_as_retries(house, room):
    await house.queue(ANN, room)
    (submission,) = await house.due()
    await house.settle(refused(submission))

    status = await house.status(ANN)

    assert (status.outgoing, status.retry) == (0, 1)


async def test_outages_do_not_count_and_pauses_grow_up_to_a_bound(house, room):
    await house.queue(ANN, room)
    pauses_s = []
    for _ in range(12):
        waited_s = 0.0
        while not (due := await house.due()):
            await house.after(0.25)
            waited_s += 0.25
        pauses_s.append(waited_s)
        await house.settle(outage(due[0]))

    assert house.rows("select retry_count, is_processed from queued_message") == [(0, False)]
    assert pauses_s == sorted(pauses_s)
    assert 0 < pauses_s[1] < pauses_s[-1] <= 15


async def test_without_an_outcome_it_is_submitted_again_ever_later(house, room):
    await house.queue(ANN, room)
    times_s = []
    for tick in range(600):
        if await house.due():
            times_s.append(tick)
        await house.after(1)

    assert times_s[:5] == [0, 5, 15, 35, 75]


async def test_a_new_life_of_redis_makes_it_due_at_once(house, room):
    await house.queue(ANN, room)
    await house.due()

    await house.do(outgoing.submit_all_again)

    assert len(await house.due()) == 1


async def test_when_chat_takes_messages_again_the_others_do_not_wait_long(house, room):
    other = await house.room(ANN, CAT)
    await house.queue(ANN, room)
    await house.queue(ANN, other)
    for _ in range(8):
        while not (due := await house.due()):
            await house.after(0.25)
        for each in due:
            await house.settle(outage(each))
    while not (due := await house.due()):
        await house.after(0.25)
    await house.settle(sent(due[0]))
    await house.after(1.5)

    assert len(await house.due()) + len(due) >= 2


async def test_a_refusal_that_is_told_again_counts_once(house, room):
    await house.queue(ANN, room)
    (submission,) = await house.due()
    for _ in range(5):
        await house.settle(refused(submission))
    await house.after(60)
    (again,) = await house.due()
    await house.settle(refused(submission), outage(again))

    assert again.attempt == submission.attempt + 1
    assert house.rows("select retry_count, ending from queued_message") == [(1, "")]


async def test_a_sender_who_has_very_many_waiting_is_refused_others_are_not(house, room):
    await house.queue(ANN, room)
    house.rows(
        "insert into queued_message (sender_id, room_id, client_id, queue_type)"
        " select %s, %s, gen_random_uuid(), 'outgoing' from generate_series(2, %s)",
        ANN,
        room,
        outgoing.WAITING,
    )

    with pytest.raises(RateLimited):
        await house.queue(ANN, room)
    await house.queue(BOB, room)
    house.rows("update queued_message set is_processed = true where sender_id = %s", ANN)
    await house.queue(ANN, room)


async def test_an_outcome_that_comes_twice_changes_nothing(house, room):
    await house.queue(ANN, room)
    (submission,) = await house.due()
    await house.settle(sent(submission))
    await house.settle(sent(submission), refused(submission))

    assert len(await told(house)) == 1
    assert house.rows("select ending, retry_count from queued_message") == [("sent", 0)]


async def test_what_was_given_up_and_is_sent_after_all_counts_as_sent(house, room):
    await house.queue(ANN, room)
    submission = await give_up(house)
    await house.settle(sent(submission))

    assert [type(event) for event in await told(house)][-1] is OutgoingSent
    assert house.rows("select ending from queued_message") == [("sent",)]


async def test_a_dead_letter_is_replayed_with_three_tries_or_discarded(house, room):
    await house.queue(ANN, room, "first")
    submission = await give_up(house)

    replayed = await house.do(outgoing.replay_dead_letters, [submission.id])
    again = await give_up(house)
    discarded = await house.do(outgoing.discard_dead_letters, [submission.id])

    assert (again.id, replayed, discarded) == (submission.id, 1, 1)
    assert await house.do(outgoing.discard_dead_letters, [submission.id]) == 0
    assert house.rows("select ending from queued_message") == [("discarded",)]


async def test_a_replayed_dead_letter_waits_for_what_is_in_flight_in_its_line(house, room):
    await house.queue(ANN, room, "first")
    await house.queue(ANN, room, "second")
    for _ in range(3):
        for each in await house.due():
            await house.settle(refused(each))
        await house.after(5)
    ((first,),) = house.rows("select id from queued_message where ending = 'failed'")
    (second,) = await house.due()

    await house.do(outgoing.replay_dead_letters, [first])
    meanwhile = await house.due()
    await house.settle(refused(second))
    await house.after(5)
    again = await house.due()
    await house.settle(*(sent(each) for each in again))

    assert meanwhile == []
    assert [each.content for each in again] == ["second"]
    assert [each.content for each in await house.due()] == ["first"]


async def test_what_waits_cannot_be_replayed_or_discarded(house, room):
    await house.queue(ANN, room)
    (submission,) = await house.due()

    assert await house.do(outgoing.replay_dead_letters, [submission.id]) == 0
    assert await house.do(outgoing.discard_dead_letters, [submission.id]) == 0


async def test_whoever_tries_again_what_was_given_up_gets_three_more_tries(house, room):
    client_id = await house.queue(ANN, room)
    submission = await give_up(house)

    await house.queue(ANN, room, client_id=client_id)

    assert [each.id for each in await house.due()] == [submission.id]


async def test_many_writers_at_once_leave_each_line_one_that_is_due(house, room):
    async def write(sender):
        for number in range(5):
            await house.queue(sender, room, str(number))

    async def submit():
        for _ in range(20):
            for each in await house.due():
                await house.settle(sent(each))

    await asyncio.gather(write(ANN), write(BOB), submit(), submit())
    for _ in range(20):
        for each in await house.due():
            await house.settle(sent(each))

    rows = house.rows(
        "select sender_id::text, content, ending from queued_message order by finished_at, id"
    )
    assert len(rows) == 10
    assert {ending for *_, ending in rows} == {"sent"}
