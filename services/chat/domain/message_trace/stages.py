"""The stages of a message's way.

Of what nobody could be asked it is said that it is not known. Times are those of the machine that
knew it: PostgreSQL's for the message, Redis' for its announcement.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import msgspec

from libs.common.clock import to_wire
from services.chat.domain.message_trace.durations import lasting, milliseconds
from services.chat.domain.message_trace.facts import MessageFacts, Others, StreamFacts

State = Literal["done", "waits", "unknown"]
Tick = Literal["sent", "delivered", "read"]

VERBS = {"delivered": "received", "read": "read"}
COUNTING = "receipts"
"""The consumer group that has to take note of a message before anybody counts as behind."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of a message's way; ``at`` and ``after_ms`` (since it was written) where known."""

    stage: Literal["written", "announced", "counted", "delivered", "read"]
    state: State
    words: str
    at: str | None = None
    after_ms: int | None = None


def tick_of(facts: MessageFacts) -> Tick:
    """Return what its sender sees: all the others count, by what chat knows of them."""
    if not facts.recipients or facts.delivered < facts.recipients:
        return "sent"
    return "read" if facts.read == facts.recipients else "delivered"


def stages_of(facts: MessageFacts, stream: StreamFacts | None, others: Others) -> list[Stage]:
    """Return the stages of a message, in their order.

    When all have received or read it is known where ``others`` has the times of all of them.
    """
    receipts = [] if others.receipts is None else list(others.receipts.values())
    return [
        Stage(
            stage="written",
            state="done",
            at=to_wire(facts.created_at),
            after_ms=0,
            words="It is in chat's database, and was acknowledged after that.",
        ),
        _announced(facts, stream),
        _counted(stream, others),
        _spread(facts, "delivered", facts.delivered, [each.delivered_at for each in receipts]),
        _spread(facts, "read", facts.read, [each.read_at for each in receipts]),
    ]


def _announced(facts: MessageFacts, stream: StreamFacts | None) -> Stage:
    if stream is not None and stream.at_ms is not None:
        at = dt.datetime.fromtimestamp(stream.at_ms / 1000, dt.UTC)
        return Stage(
            stage="announced",
            state="done",
            at=to_wire(at),
            after_ms=milliseconds(at - facts.created_at),
            words=f"It stands on chat.events as entry {stream.entry}.",
        )
    if facts.is_in_outbox:
        why = "Redis does not answer" if stream is None else "it is not on chat.events"
        words = (
            f"It waits in chat's outbox: {why}. Open sockets get it out of the database within two"
            " seconds; receipts and the queue learn of it when the outbox is published."
        )
        return Stage(stage="announced", state="waits", words=words)
    if stream is None:
        return Stage(stage="announced", state="unknown", words="Redis did not answer.")
    words = "Its outbox row is gone, so it was published; its entry is not on chat.events any more."
    if stream.is_cut:
        words = (
            "Its outbox row is gone, so it was published; its entry was not found among the first"
            " thousands of that time."
        )
    elif not stream.is_trimmed:
        words = (
            "Its outbox row is gone, and its entry is not to be found on chat.events, which"
            " reaches back that far: Redis has lost it, and a repair tells the room again."
        )
        return Stage(stage="announced", state="unknown", words=words)
    return Stage(stage="announced", state="done", words=words)


def _counted(stream: StreamFacts | None, others: Others) -> Stage:
    """Whether receipts has taken note of it: only then does anybody count as behind."""
    readers = [] if stream is None else stream.readers
    reader = next((each for each in readers if each.group == COUNTING), None)
    if others.knows_message:
        words = "receipts knows that it exists, and judges who is behind."
        return Stage(stage="counted", state="done", words=words)
    if reader is not None and reader.pending_ms is not None:
        words = (
            f"A process of receipts has had its entry in hand for {lasting(reader.pending_ms)} and not"
            " acknowledged it: another one claims it after 30 s. See the runbook ConsumerLags."
        )
        return Stage(stage="counted", state="waits", words=words)
    if reader is not None and not reader.is_past:
        waiting = "" if reader.lag is None else f" ({reader.lag} wait)"
        words = (
            f"receipts has not read its entry yet{waiting}. Nobody's ticks move until it does: is it"
            " running? See the runbooks ServiceDown and ConsumerLags."
        )
        return Stage(stage="counted", state="waits", words=words)
    if others.knows_message is None:
        words = "receipts did not answer: what it was told meanwhile is not in these lines."
        return Stage(stage="counted", state="unknown", words=words)
    words = "receipts has not heard of it yet."
    return Stage(stage="counted", state="waits", words=words)


def _spread(
    facts: MessageFacts,
    stage: Literal["delivered", "read"],
    done: int,
    times: Sequence[str | None],
) -> Stage:
    of, verb = facts.recipients, VERBS[stage]
    if not of:
        return Stage(stage=stage, state="done", words="There is nobody else whom it is for.")
    if done < of:
        words = f"{done} of {of} {'has' if done == 1 else 'have'} {verb} it, as far as chat knows."
        return Stage(stage=stage, state="waits", words=words)
    words = f"All {of} have {verb} it." if of > 1 else f"The only recipient has {verb} it."
    known = [at for at in times if at is not None]
    if len(known) < of:
        return Stage(stage=stage, state="done", words=words)
    after = dt.datetime.fromisoformat(max(known)) - facts.created_at
    return Stage(
        stage=stage, state="done", words=words, at=max(known), after_ms=milliseconds(after)
    )
