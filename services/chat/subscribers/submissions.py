"""What chat does about messages that the queue submits: it writes them, and tells what came of it.

An entry is acknowledged when the outcome of all its messages is told. The same messages may come
again; their client_ids make that safe.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from libs.common import metrics
from libs.common.clock import to_wire
from libs.common.errors import ParleyError, PermissionDenied
from libs.common.events import MessagesSubmitted, Outcome, Submission, SubmissionsSettled
from libs.common.streams.entries import Entry, Outgoing
from libs.common.streams.group import Handler
from libs.common.streams.group_options import GroupOptions
from services.chat.domain.drafts import Draft, Stored
from services.chat.store import CHAT_SUBMITTED

OPTIONS = GroupOptions(batch=20, claim_after_ms=8_000, upkeep_every_s=2.0)
"""Entries that are handled together: each may hold a hundred messages. What another process has in
hand and does not get done is taken over soon: a writer answers within 3 s."""

SUBMITTED = metrics.counter(
    "parley_submissions", "Messages that the queue submitted, by outcome.", ["outcome"]
)

Among = Callable[[set[str]], Awaitable[frozenset[str]]]
"""Tells of some people which of them something is true of."""
Send = Callable[[Draft], Awaitable[Stored]]
"""Writes a message; raises ``ParleyError``."""


def writing(
    *,
    send: Send,
    private_among: Among,
    deactivated_among: Among,
    publish: Callable[[Sequence[Outgoing]], Awaitable[None]],
) -> Handler:
    """Return what handles submissions.

    Args:
        send: writes one message.
        private_among: who does not let others know what they have read.
        deactivated_among: who may not send any more, though queued when they might.
        publish: publishes events; raises ``ParleyError`` where that is not confirmed.
    """
    return partial(_handle, send, private_among, deactivated_among, publish)


async def _handle(
    send: Send,
    private_among: Among,
    deactivated_among: Among,
    publish: Callable[[Sequence[Outgoing]], Awaitable[None]],
    entries: Sequence[Entry],
) -> None:
    """Write everything that these entries submit, and tell the outcomes.

    Raises:
        ParleyError: nothing could be judged, because the database is away; or the outcomes were
            not taken. It is all done again.
    """
    submissions = {
        each.id: each
        for entry in entries
        for event in entry.events
        if isinstance(event, MessagesSubmitted)
        for each in event.submissions
    }
    if not submissions:
        return
    senders = {each.sender for each in submissions.values()}
    private, deactivated = await private_among(senders), await deactivated_among(senders)

    async def write(submission: Submission) -> Stored:
        if submission.sender in deactivated:
            raise PermissionDenied
        return await send(_draft(submission, is_private=submission.sender in private))

    outcomes = await asyncio.gather(
        *(_outcome(each, write(each)) for _, each in sorted(submissions.items()))
    )
    errors = [error for _, error in outcomes if error is not None and error.retriable]
    if len(errors) == len(outcomes):
        raise errors[0]
    for outcome, _ in outcomes:
        SUBMITTED.labels(outcome.code or "stored").inc()
    told = SubmissionsSettled(outcomes=[outcome for outcome, _ in outcomes])
    await publish([Outgoing(CHAT_SUBMITTED, 0, [told])])


def _draft(submission: Submission, *, is_private: bool) -> Draft:
    return Draft(
        room=submission.room,
        sender=submission.sender,
        client_id=submission.client_id,
        content=submission.content,
        reply_to=submission.reply_to,
        is_private=is_private,
    )


async def _outcome(
    submission: Submission, written: Awaitable[Stored]
) -> tuple[Outcome, ParleyError | None]:
    try:
        stored = await written
    except ParleyError as error:
        refused = Outcome(
            id=submission.id,
            attempt=submission.attempt,
            code=error.code,
            message=error.message,
            is_refusal=not error.retriable,
        )
        return refused, error
    sent = Outcome(
        id=submission.id,
        attempt=submission.attempt,
        seq=stored.seq,
        at=to_wire(stored.created_at),
    )
    return sent, None
