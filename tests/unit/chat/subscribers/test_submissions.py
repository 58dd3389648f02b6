"""What becomes of messages that the queue submits."""

import datetime as dt

import pytest

from libs.common.errors import Internal, PermissionDenied, RateLimited, Unavailable
from libs.common.events import MessagesSubmitted, Outcome, Submission, SubmissionsSettled
from libs.common.streams.entries import Entry, StreamId
from services.chat.domain.drafts import Stored
from services.chat.subscribers.submissions import writing

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Chat:
    """A writer that stores what comes, unless it is told to answer an error; notes everything."""

    def __init__(self, *, errors=None, private=(), deactivated=(), publish_error=None):
        self.errors = errors or {}
        self.publish_error = publish_error
        self.drafts = []
        self.published = []
        self.handle = writing(
            send=self._send,
            private_among=self._among(private),
            deactivated_among=self._among(deactivated),
            publish=self._publish,
        )

    async def _send(self, draft):
        self.drafts.append(draft)
        if draft.content in self.errors:
            raise self.errors[draft.content]
        return Stored(room=draft.room, seq=len(self.drafts), created_at=AT, duplicate=False)

    def _among(self, those):
        async def among(people):
            return frozenset(people & set(those))

        return among

    async def _publish(self, outgoing):
        if self.publish_error:
            raise self.publish_error
        self.published += outgoing

    @property
    def outcomes(self):
        return {
            outcome.id: outcome
            for each in self.published
            for event in each.events
            if isinstance(event, SubmissionsSettled)
            for outcome in event.outcomes
        }


def submission(number, *, content="hello", sender="ann", attempt=1):
    return Submission(
        id=number,
        attempt=attempt,
        room="room",
        sender=sender,
        client_id=f"client-{number}",
        content=content,
    )


def entries(*lists):
    return [
        Entry(StreamId(number), [MessagesSubmitted(submissions=list(each))])
        for number, each in enumerate(lists, start=1)
    ]


async def test_what_is_submitted_is_written_and_its_outcome_told():
    chat = Chat(private=["bob"])

    await chat.handle(entries([submission(7, attempt=2)], [submission(8, sender="bob")]))

    assert [(d.sender, d.client_id, d.is_private) for d in chat.drafts] == [
        ("ann", "client-7", False),
        ("bob", "client-8", True),
    ]
    assert chat.outcomes == {
        7: Outcome(id=7, attempt=2, seq=1, at="2026-01-01T00:00:00.000Z"),
        8: Outcome(id=8, attempt=1, seq=2, at="2026-01-01T00:00:00.000Z"),
    }


async def test_what_comes_twice_at_once_is_written_once():
    chat = Chat()

    await chat.handle(entries([submission(7)], [submission(7, attempt=2)]))

    assert len(chat.drafts) == 1
    assert chat.outcomes[7].attempt == 2


@pytest.mark.parametrize(
    ("error", "is_refusal"),
    [
        (PermissionDenied(), True),
        (Internal(), True),
        (Unavailable(retry_after_s=1.0), False),
        (RateLimited(retry_after_s=1.0), False),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
async def test_only_what_chat_has_judged_is_a_refusal(error, is_refusal):
    chat = Chat(errors={"bad": error})

    await chat.handle(entries([submission(1), submission(2, content="bad")]))

    outcome = chat.outcomes[2]
    assert (outcome.code, outcome.message) == (error.code, error.message)
    assert (outcome.is_refusal, outcome.seq) == (is_refusal, 0)


async def test_where_nothing_can_be_judged_nothing_is_told_and_it_is_done_again():
    chat = Chat(errors={"bad": Unavailable(retry_after_s=1.0)})

    with pytest.raises(Unavailable):
        await chat.handle(entries([submission(1, content="bad"), submission(2, content="bad")]))

    assert chat.outcomes == {}


async def test_where_outcomes_cannot_be_told_it_is_done_again():
    chat = Chat(publish_error=Unavailable(retry_after_s=1.0))

    with pytest.raises(Unavailable):
        await chat.handle(entries([submission(1)]))


async def test_whoever_was_deactivated_meanwhile_sends_nothing():
    chat = Chat(deactivated=["bob"])

    await chat.handle(entries([submission(1), submission(2, sender="bob")]))

    assert [draft.sender for draft in chat.drafts] == ["ann"]
    assert (chat.outcomes[2].code, chat.outcomes[2].is_refusal) == ("permission_denied", True)


async def test_what_is_no_submission_is_passed_over():
    chat = Chat()

    await chat.handle([Entry(StreamId(1), [SubmissionsSettled(outcomes=[])])])

    assert chat.published == []
